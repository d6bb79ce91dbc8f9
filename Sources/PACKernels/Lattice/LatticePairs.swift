/// Which points of one lattice, the sources, are neighbours of which of another, the targets.
///
/// Neighbours are looked up by their coordinates, and most lists are short: in five dimensions
/// hardly more than half of a point's 63 neighbours exist in a photograph. Targets form chunks, and
/// a chunk's pairs are stored offset by offset, so that a matrix of weights read once serves many of
/// them.
struct LatticePairs: Sendable {
  /// The pairs of up to `chunkSize` targets.
  struct Chunk: Sendable {
    /// Where each offset's pairs begin, [offsets + 1].
    var first: [Int32] = []
    /// The targets, from the first of the chunk.
    var targets: [UInt16] = []
    /// The sources: target x and offset o have the source x + o.
    var sources: [Int32] = []
  }

  /// A chunk's rows of sums stay in the first-level cache.
  static let chunkSize = 256
  /// Consecutive chunks whose sums over pairs are kept apart, so that the order of sums is the same
  /// for any number of threads.
  static let mostBands = 16

  /// The number of targets.
  let targets: Int
  /// The number of offsets.
  let offsets: Int
  /// The pairs, chunk by chunk.
  let chunks: [Chunk]

  /// Looks up the neighbours of every target.
  /// - Parameters:
  ///   - targets: the targets' keys.
  ///   - sources: the sources' numbers by their keys.
  ///   - neighborhood: the offsets.
  init(
    from targets: [LatticeKey], among sources: LatticeTable, _ neighborhood: LatticeNeighborhood
  ) {
    self.targets = targets.count
    offsets = neighborhood.offsets.count
    var chunks = [Chunk](
      repeating: Chunk(), count: (targets.count + Self.chunkSize - 1) / Self.chunkSize)
    chunks.withUnsafeMutableBufferPointer { chunks in
      guard let chunks = chunks.baseAddress else { return }
      forEachBlock(targets.count, size: Self.chunkSize) { range in
        chunks[range.lowerBound / Self.chunkSize] = Self.chunk(
          range, of: targets, among: sources, neighborhood)
      }
    }
    self.chunks = chunks
  }

  private static func chunk(
    _ range: Range<Int>, of targets: [LatticeKey], among sources: LatticeTable,
    _ neighborhood: LatticeNeighborhood
  ) -> Chunk {
    var chunk = Chunk()
    chunk.first.reserveCapacity(neighborhood.offsets.count + 1)
    chunk.first.append(0)
    for offset in neighborhood.offsets {
      for target in range {
        let source = sources.find(targets[target] &+ offset)
        guard source >= 0 else { continue }
        chunk.targets.append(UInt16(truncatingIfNeeded: target - range.lowerBound))
        chunk.sources.append(source)
      }
      chunk.first.append(Int32(truncatingIfNeeded: chunk.sources.count))
    }
    return chunk
  }

  /// The number of pairs.
  var count: Int { chunks.reduce(0) { $0 + $1.sources.count } }

  /// Calls `body` for every chunk on all threads, with its number.
  func forEachChunk(_ body: (Int) -> Void) { parallelFor(chunks.count, body) }

  /// The chunks of each band, at most `mostBands`.
  var bands: [Range<Int>] {
    let count = min(chunks.count, Self.mostBands)
    return (0..<count).map { chunks.count * $0 / count..<chunks.count * ($0 + 1) / count }
  }
}
