/// A learned filter on a lattice that mixes all channels: W, [C′, C, S].
///
/// The rows of pairs are not gathered into a matrix: sixteen or thirty-two output channels of eight
/// targets are summed in registers while a matrix W[o] is read once, each element of the sources'
/// rows being multiplied by a row of it.
struct FullLatticeBlur: LatticeBlur {
  let inputs: Int
  let outputs: Int
  private let offsets: Int
  /// W by pieces of up to two vectors of output channels: [offsets, pieces, C, 16 or 32].
  private let packed: [Float]

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
    let lanes = wholeVectorCount(outputs)
    packed = [Float](unsafeUninitializedCapacity: offsets * inputs * lanes) { packed, count in
      count = offsets * inputs * lanes
      var place = 0
      for o in 0..<offsets {
        for piece in Self.pieces(lanes) {
          for column in 0..<inputs {
            for row in piece {
              packed[place] = row < outputs ? element(o, row, column) : 0
              place += 1
            }
          }
        }
      }
    }
  }

  var inputOctets: Int { wholeVectorCount(inputs) / 8 }
  var outputOctets: Int { wholeVectorCount(outputs) / 8 }

  func transposed(_ neighborhood: LatticeNeighborhood) -> FullLatticeBlur {
    let lanes = wholeVectorCount(outputs)
    return FullLatticeBlur(outputs: inputs, inputs: outputs, offsets: offsets) { o, row, column in
      let piece = column / 32 * 32
      let width = min(32, lanes - piece)
      return packed[
        neighborhood.opposites[o] * inputs * lanes + piece * inputs + row * width + column - piece]
    }
  }

  func addProducts(
    _ chunk: LatticePairs.Chunk, sources: UnsafePointer<Float>,
    targets: UnsafeMutablePointer<Float>
  ) {
    let lanes = wholeVectorCount(outputs)
    packed.withUnsafeBufferPointer { packed in
      guard let packed = packed.baseAddress else { return }
      for o in 0..<offsets {
        let pairs = Int(chunk.first[o])..<Int(chunk.first[o + 1])
        for piece in Self.pieces(lanes) {
          let product = RowProduct(
            weights: packed + (o * lanes + piece.lowerBound) * inputs, depth: inputs,
            sources: sources, sourceStride: wholeVectorCount(inputs),
            targets: targets + piece.lowerBound, targetStride: lanes)
          if piece.count == Vector.lanes {
            product.add(chunk, pairs, Block<8, 0>(), Block<1, 0>())
          } else {
            product.add(chunk, pairs, Block<8, 8>(), Block<1, 1>())
          }
        }
      }
    }
  }

  // MARK: - Gradient

  /// [offsets, C′ up to whole vectors, C up to whole vectors].
  var gradientCount: Int { offsets * wholeVectorCount(outputs) * wholeVectorCount(inputs) }

  func sumGradient(
    _ chunks: [(pairs: LatticePairs.Chunk, targets: UnsafePointer<Float>)],
    sources: UnsafePointer<Float>, into sums: UnsafeMutablePointer<Float>
  ) {
    let (rows, columns) = (wholeVectorCount(outputs), wholeVectorCount(inputs))
    for o in 0..<offsets {
      for row in stride(from: 0, to: outputs, by: 8) {
        for piece in Self.pieces(columns) {
          let target = sums + (o * rows + row) * columns + piece.lowerBound
          let sum = OuterProductSum(
            offset: o, targetStride: rows, firstTarget: row,
            sources: sources + piece.lowerBound, sourceStride: columns)
          if piece.count == Vector.lanes {
            sum.store(chunks, to: target, Block<8, 0>())
          } else {
            sum.store(chunks, to: target, Block<8, 8>())
          }
        }
      }
    }
  }

  func addGradient(_ sums: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>) {
    let (rows, columns) = (wholeVectorCount(outputs), wholeVectorCount(inputs))
    for row in 0..<outputs {
      for column in 0..<inputs {
        let target = gradient + (row * inputs + column) * offsets
        for o in 0..<offsets { target[o] += sums[(o * rows + row) * columns + column] }
      }
    }
  }

  /// Whole vectors of channels, two by two.
  private static func pieces(_ lanes: Int) -> [Range<Int>] {
    stride(from: 0, to: lanes, by: 2 * Vector.lanes).map {
      $0..<min($0 + 2 * Vector.lanes, lanes)
    }
  }
}

/// How many rows are summed at once, with one vector each or, if `second` is as many, with two.
private struct Block<let rows: Int, let second: Int> {}

/// A matrix [C, 16 or 32] that takes rows of sources to rows of targets.
private struct RowProduct {
  let weights: UnsafePointer<Float>
  let depth: Int
  let sources: UnsafePointer<Float>
  let sourceStride: Int
  let targets: UnsafeMutablePointer<Float>
  let targetStride: Int

  /// Adds the products of some of a chunk's pairs, in blocks of one size and single ones for the
  /// rest.
  @inline(__always)
  func add<let rows: Int, let second: Int, let secondOfOne: Int>(
    _ chunk: LatticePairs.Chunk, _ pairs: Range<Int>, _ block: Block<rows, second>,
    _ one: Block<1, secondOfOne>
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
  private func add<let rows: Int, let second: Int>(
    _: Block<rows, second>, _ sourceNumbers: UnsafePointer<Int32>,
    _ targetNumbers: UnsafePointer<UInt16>
  ) {
    var low = InlineArray<rows, Vector>(repeating: .zero)
    var high = InlineArray<second, Vector>(repeating: .zero)
    var source = InlineArray<rows, UnsafePointer<Float>>(repeating: sources)
    for row in 0..<rows { source[row] = sources + Int(sourceNumbers[row]) * sourceStride }
    let width = second > 0 ? 2 * Vector.lanes : Vector.lanes
    for channel in 0..<depth {
      let weight = weights + channel * width
      let first = Vector(loading: weight)
      for row in 0..<rows {
        low[row] = low[row].adding(Vector(repeating: source[row][channel]), times: first)
      }
      if second > 0 {
        let next = Vector(loading: weight + Vector.lanes)
        for row in 0..<second {
          high[row] = high[row].adding(Vector(repeating: source[row][channel]), times: next)
        }
      }
    }
    for row in 0..<rows {
      let target = targets + Int(targetNumbers[row]) * targetStride
      (Vector(loading: target) + low[row]).store(to: target)
      if second > 0 {
        let next = target + Vector.lanes
        (Vector(loading: next) + high[row]).store(to: next)
      }
    }
  }
}

/// Σ ∂u_x p_{x+o}ᵀ for some of the targets' channels and 16 or 32 of the sources'.
private struct OuterProductSum {
  let offset: Int
  let targetStride: Int
  let firstTarget: Int
  let sources: UnsafePointer<Float>
  let sourceStride: Int

  @inline(__always)
  func store<let rows: Int, let second: Int>(
    _ chunks: [(pairs: LatticePairs.Chunk, targets: UnsafePointer<Float>)],
    to sums: UnsafeMutablePointer<Float>, _: Block<rows, second>
  ) {
    var low = InlineArray<rows, Vector>(repeating: .zero)
    var high = InlineArray<second, Vector>(repeating: .zero)
    for chunk in chunks {
      let pairs = Int(chunk.pairs.first[offset])..<Int(chunk.pairs.first[offset + 1])
      chunk.pairs.sources.withUnsafeBufferPointer { sourceNumbers in
        chunk.pairs.targets.withUnsafeBufferPointer { targetNumbers in
          for pair in pairs {
            let source = sources + Int(sourceNumbers[pair]) * sourceStride
            let target = chunk.targets + Int(targetNumbers[pair]) * targetStride + firstTarget
            let first = Vector(loading: source)
            for row in 0..<rows {
              low[row] = low[row].adding(Vector(repeating: target[row]), times: first)
            }
            if second > 0 {
              let next = Vector(loading: source + Vector.lanes)
              for row in 0..<second {
                high[row] = high[row].adding(Vector(repeating: target[row]), times: next)
              }
            }
          }
        }
      }
    }
    for row in 0..<rows {
      low[row].store(to: sums + row * sourceStride)
      if second > 0 { high[row].store(to: sums + row * sourceStride + Vector.lanes) }
    }
  }
}
