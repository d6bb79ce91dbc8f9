/// B_W: a learned filter on the points of a lattice, u_x = Σ_o W[o] p_{x+o}.
///
/// Sums run over the offsets in order, in each of them over the input channels: the result is the
/// same, bit for bit, for any number of threads.
protocol LatticeBlur {
  /// C, the number of input channels.
  var inputs: Int { get }
  /// C′, the number of output channels.
  var outputs: Int { get }
  /// Vectors of eight in a row of the sources.
  var inputOctets: Int { get }
  /// Vectors of eight in a row of the targets.
  var outputOctets: Int { get }

  /// B_Wᵀ, with offsets turned round: what takes gradients of targets to sources.
  func transposed(_ neighborhood: LatticeNeighborhood) -> Self

  /// The sums of a chunk's targets.
  /// - Parameters:
  ///   - chunk: the pairs.
  ///   - sources: p, a row for each source.
  ///   - targets: u, the rows of the chunk's targets, which are zeros.
  func addProducts(
    _ chunk: LatticePairs.Chunk, sources: UnsafePointer<Float>,
    targets: UnsafeMutablePointer<Float>)

  /// The size of `addGradient`'s sums.
  var gradientCount: Int { get }

  /// ∂W[o] = Σ ∂u_x p_{x+o}ᵀ over the pairs of a band of chunks.
  /// - Parameters:
  ///   - chunks: the band, in order, and each one's rows of ∂u.
  ///   - sources: p, a row for each source.
  ///   - sums: overwritten, in an order of the filter's own.
  func sumGradient(
    _ chunks: [(pairs: LatticePairs.Chunk, targets: UnsafePointer<Float>)],
    sources: UnsafePointer<Float>, into sums: UnsafeMutablePointer<Float>)

  /// Adds sums to the gradient of the weights.
  func addGradient(_ sums: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>)
}

extension LatticeBlur {
  /// u = B_W p.
  /// - Parameters:
  ///   - sources: p, a row for each source.
  ///   - pairs: the neighbours.
  /// - Returns: a row for each target, and one of zeros.
  func applied(to sources: ScratchBuffer, _ pairs: LatticePairs) -> ScratchBuffer {
    let stride = outputOctets * 8
    let result = ScratchBuffer(count: (pairs.targets + 1) * stride)
    (result.pointer + pairs.targets * stride).update(repeating: 0, count: stride)
    pairs.forEachChunk { number in
      let first = number * LatticePairs.chunkSize
      let rows = result.pointer + first * stride
      rows.update(
        repeating: 0, count: min(LatticePairs.chunkSize, pairs.targets - first) * stride)
      addProducts(pairs.chunks[number], sources: sources.pointer, targets: rows)
    }
    return result
  }

  /// Adds Σ_x ∂u_x p_{x+o}ᵀ to the gradient of W.
  /// - Parameters:
  ///   - targets: ∂u, a row for each target.
  ///   - sources: p, a row for each source.
  ///   - pairs: the neighbours.
  ///   - gradient: the shape of W, added to.
  func addGradient(
    targets: ScratchBuffer, sources: ScratchBuffer, _ pairs: LatticePairs,
    into gradient: UnsafeMutablePointer<Float>
  ) {
    let stride = outputOctets * 8
    let (bands, count) = (pairs.bands, gradientCount)
    let sums = ScratchBuffer(count: bands.count * count)
    parallelFor(bands.count) { band in
      let chunks = bands[band].map { number in
        (
          pairs: pairs.chunks[number],
          targets: UnsafePointer(targets.pointer + number * LatticePairs.chunkSize * stride)
        )
      }
      sumGradient(chunks, sources: sources.pointer, into: sums.pointer + band * count)
    }
    for band in bands.indices { addGradient(sums.pointer + band * count, into: gradient) }
  }
}
