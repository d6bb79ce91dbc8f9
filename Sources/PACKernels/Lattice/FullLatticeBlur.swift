/// A learned filter on a lattice that mixes all channels: W, [C′, C, S].
///
/// The rows of pairs are not gathered into a matrix: up to three vectors of eight output channels of
/// four to eight targets are summed in registers (twelve sums fill those of AVX2) while a matrix
/// W[o] is read once, each element of the sources' rows being multiplied by a row of it.
struct FullLatticeBlur: LatticeBlur {
  let inputs: Int
  let outputs: Int
  private let offsets: Int
  /// W by pieces of up to three vectors of output channels: [offsets, pieces, C, 8 to 24].
  private let packed: ScratchBuffer

  /// Packs a filter.
  /// - Parameters:
  ///   - weight: W, [outputs, inputs, offsets].
  ///   - outputs: C′.
  ///   - inputs: C.
  ///   - offsets: S.
  init(_ weight: UnsafePointer<Float>, outputs: Int, inputs: Int, offsets: Int) {
    self.init(outputs: outputs, inputs: inputs, offsets: offsets) { o, row, column in
      weight[(row * inputs + column) * offsets + o]
    }
  }

  private init(
    outputs: Int, inputs: Int, offsets: Int, element: (_ o: Int, _ row: Int, _ column: Int) -> Float
  ) {
    (self.inputs, self.outputs, self.offsets) = (inputs, outputs, offsets)
    let lanes = Octet.count(outputs) * 8
    packed = ScratchBuffer(count: offsets * inputs * lanes)
    var place = packed.pointer
    for o in 0..<offsets {
      for piece in Self.pieces(lanes) {
        for column in 0..<inputs {
          for row in piece {
            place.pointee = row < outputs ? element(o, row, column) : 0
            place += 1
          }
        }
      }
    }
  }

  var inputOctets: Int { Octet.count(inputs) }
  var outputOctets: Int { Octet.count(outputs) }

  func transposed(_ neighborhood: LatticeNeighborhood) -> FullLatticeBlur {
    let lanes = outputOctets * 8
    return FullLatticeBlur(outputs: inputs, inputs: outputs, offsets: offsets) { o, row, column in
      let piece = column / Self.widest * Self.widest
      let width = min(Self.widest, lanes - piece)
      return packed.pointer[
        neighborhood.opposites[o] * inputs * lanes + piece * inputs + row * width + column - piece]
    }
  }

  func addProducts(
    _ chunk: LatticePairs.Chunk, sources: UnsafePointer<Float>,
    targets: UnsafeMutablePointer<Float>
  ) {
    let lanes = outputOctets * 8
    for o in 0..<offsets {
      let pairs = Int(chunk.first[o])..<Int(chunk.first[o + 1])
      for piece in Self.pieces(lanes) {
        let product = RowProduct(
          weights: packed.pointer + (o * lanes + piece.lowerBound) * inputs, depth: inputs,
          sources: sources, sourceStride: inputOctets * 8,
          targets: targets + piece.lowerBound, targetStride: lanes)
        switch piece.count {
        case 8: product.add(chunk, pairs, Block<8, 0, 0>(), Block<1, 0, 0>())
        case 16: product.add(chunk, pairs, Block<6, 6, 0>(), Block<1, 1, 0>())
        default: product.add(chunk, pairs, Block<4, 4, 4>(), Block<1, 1, 1>())
        }
      }
    }
  }

  // MARK: - Gradient

  /// [offsets, C′ up to whole vectors, C up to whole vectors].
  var gradientCount: Int { offsets * outputOctets * 8 * inputOctets * 8 }

  func sumGradient(
    _ chunks: [(pairs: LatticePairs.Chunk, targets: UnsafePointer<Float>)],
    sources: UnsafePointer<Float>, into sums: UnsafeMutablePointer<Float>
  ) {
    let (rows, columns) = (outputOctets * 8, inputOctets * 8)
    for o in 0..<offsets {
      for row in stride(from: 0, to: outputs, by: 4) {
        for piece in Self.pieces(columns) {
          let target = sums + (o * rows + row) * columns + piece.lowerBound
          let sum = OuterProductSum(
            offset: o, targetStride: rows, firstTarget: row,
            sources: sources + piece.lowerBound, sourceStride: columns)
          switch piece.count {
          case 8: sum.store(chunks, to: target, Block<4, 0, 0>())
          case 16: sum.store(chunks, to: target, Block<4, 4, 0>())
          default: sum.store(chunks, to: target, Block<4, 4, 4>())
          }
        }
      }
    }
  }

  func addGradient(_ sums: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>) {
    let (rows, columns) = (outputOctets * 8, inputOctets * 8)
    for row in 0..<outputs {
      for column in 0..<inputs {
        let target = gradient + (row * inputs + column) * offsets
        for o in 0..<offsets { target[o] += sums[(o * rows + row) * columns + column] }
      }
    }
  }

  /// Lanes of a whole piece.
  private static let widest = 24

  /// Whole vectors of channels, three by three.
  private static func pieces(_ lanes: Int) -> [Range<Int>] {
    stride(from: 0, to: lanes, by: widest).map { $0..<min($0 + widest, lanes) }
  }
}

/// How many rows are summed at once, with one vector each or, if `second` and `third` are as many,
/// with two or three.
private struct Block<let rows: Int, let second: Int, let third: Int> {
  /// Vectors of a row.
  static var octets: Int { third > 0 ? 3 : second > 0 ? 2 : 1 }
}

/// The sums of a block.
private struct BlockSums<let rows: Int, let second: Int, let third: Int> {
  private var first = InlineArray<rows, Octet>(repeating: .zero)
  private var next = InlineArray<second, Octet>(repeating: .zero)
  private var last = InlineArray<third, Octet>(repeating: .zero)

  @inline(__always)
  init(_: Block<rows, second, third>) {}

  /// Adds the products of a number for each row with one to three vectors.
  @inline(__always)
  mutating func add(_ vectors: UnsafePointer<Octet>, times numbers: (Int) -> Float) {
    let vector = vectors[0]
    if second == 0 {
      for row in 0..<rows { first[row].addProduct(Octet(repeating: numbers(row)), vector) }
    } else if third == 0 {
      let other = vectors[1]
      for row in 0..<rows {
        let number = Octet(repeating: numbers(row))
        first[row].addProduct(number, vector)
        next[row].addProduct(number, other)
      }
    } else {
      let (other, another) = (vectors[1], vectors[2])
      for row in 0..<rows {
        let number = Octet(repeating: numbers(row))
        first[row].addProduct(number, vector)
        next[row].addProduct(number, other)
        last[row].addProduct(number, another)
      }
    }
  }

  /// Calls `body` with every sum, its row and which of the row's vectors it is.
  @inline(__always)
  func visit(_ body: (_ row: Int, _ octet: Int, _ sum: Octet) -> Void) {
    for row in 0..<rows {
      body(row, 0, first[row])
      if second > 0 { body(row, 1, next[row]) }
      if third > 0 { body(row, 2, last[row]) }
    }
  }
}

/// A matrix [C, 8 to 24] that takes rows of sources to rows of targets.
private struct RowProduct {
  let weights: UnsafeMutablePointer<Float>
  let depth: Int
  let sources: UnsafePointer<Float>
  let sourceStride: Int
  let targets: UnsafeMutablePointer<Float>
  let targetStride: Int

  /// Adds the products of some of a chunk's pairs, in blocks of one size and single ones for the
  /// rest.
  @inline(__always)
  func add<
    let rows: Int, let second: Int, let third: Int, let secondOfOne: Int, let thirdOfOne: Int
  >(
    _ chunk: LatticePairs.Chunk, _ pairs: Range<Int>, _ block: Block<rows, second, third>,
    _ one: Block<1, secondOfOne, thirdOfOne>
  ) {
    chunk.sources.withUnsafeBufferPointer { sources in
      chunk.targets.withUnsafeBufferPointer { targets in
        guard let sources = sources.baseAddress, let targets = targets.baseAddress else { return }
        var pair = pairs.lowerBound
        while pair + rows <= pairs.upperBound {
          add(block, sources + pair, targets + pair)
          pair += rows
        }
        while pair < pairs.upperBound {
          add(one, sources + pair, targets + pair)
          pair += 1
        }
      }
    }
  }

  @inline(__always)
  private func add<let rows: Int, let second: Int, let third: Int>(
    _ block: Block<rows, second, third>, _ sourceNumbers: UnsafePointer<Int32>,
    _ targetNumbers: UnsafePointer<UInt16>
  ) {
    var sums = BlockSums(block)
    var source = InlineArray<rows, UnsafePointer<Float>>(repeating: sources)
    for row in 0..<rows { source[row] = sources + Int(sourceNumbers[row]) * sourceStride }
    let octets = Block<rows, second, third>.octets
    let weights = UnsafePointer(Octet.at(weights))
    for channel in 0..<depth {
      sums.add(weights + channel * octets) { source[$0][channel] }
    }
    sums.visit { row, octet, sum in
      Octet.at(targets + Int(targetNumbers[row]) * targetStride)[octet] += sum
    }
  }
}

/// Σ ∂u_x p_{x+o}ᵀ for four of the targets' channels and 8 to 24 of the sources'.
private struct OuterProductSum {
  let offset: Int
  let targetStride: Int
  let firstTarget: Int
  let sources: UnsafePointer<Float>
  let sourceStride: Int

  @inline(__always)
  func store<let rows: Int, let second: Int, let third: Int>(
    _ chunks: [(pairs: LatticePairs.Chunk, targets: UnsafePointer<Float>)],
    to result: UnsafeMutablePointer<Float>, _ block: Block<rows, second, third>
  ) {
    var sums = BlockSums(block)
    for chunk in chunks {
      let pairs = Int(chunk.pairs.first[offset])..<Int(chunk.pairs.first[offset + 1])
      chunk.pairs.sources.withUnsafeBufferPointer { sourceNumbers in
        chunk.pairs.targets.withUnsafeBufferPointer { targetNumbers in
          for pair in pairs {
            let target = chunk.targets + Int(targetNumbers[pair]) * targetStride + firstTarget
            sums.add(Octet.at(sources + Int(sourceNumbers[pair]) * sourceStride)) { target[$0] }
          }
        }
      }
    }
    sums.visit { row, octet, sum in Octet.at(result + row * sourceStride)[octet] = sum }
  }
}
