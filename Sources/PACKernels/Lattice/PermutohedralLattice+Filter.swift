extension PermutohedralLattice {
  /// output = K input, for every channel.
  /// - Parameters:
  ///   - input: v, [channels, pixels].
  ///   - channels: C.
  ///   - output: v′, the same shape, overwritten; may be `input`.
  func filter(
    input: UnsafePointer<Float>, channels: Int, output: UnsafeMutablePointer<Float>
  ) {
    filter(input: input, channels: channels, output: output, transposed: false)
  }

  /// As above, or output = Kᵀ input.
  ///
  /// K is symmetric but for lattice points that are missing: the blurs in different directions then
  /// no longer commute.
  func filter(
    input: UnsafePointer<Float>, channels: Int, output: UnsafeMutablePointer<Float>,
    transposed: Bool
  ) {
    let octets = Octet.count(channels)
    var values = shares.splat(input, channels: channels, factors: factors, octets: octets)
    var other = ScratchBuffer(count: (points + 1) * octets * 8)
    (other.pointer + points * octets * 8).update(repeating: 0, count: octets * 8)
    for direction in transposed ? Array((0...dimensions).reversed()) : Array(0...dimensions) {
      blur(values, direction, octets, into: other)
      swap(&values, &other)
    }
    shares.slice(values, octets: octets, into: output, channels: channels, factors: factors)
  }

  /// One factor of B: ¼ ½ ¼ along a direction.
  private func blur(
    _ values: ScratchBuffer, _ direction: Int, _ octets: Int, into result: ScratchBuffer
  ) {
    let (from, to) = (Octet.at(values.pointer), Octet.at(result.pointer))
    let (half, quarter) = (Octet(repeating: 0.5), Octet(repeating: 0.25))
    neighbours.withUnsafeBufferPointer { neighbours in
      forEachBlock(points) { range in
        for point in range {
          let pair = 2 * (direction * points + point)
          let before = from + Int(neighbours[pair]) * octets
          let after = from + Int(neighbours[pair + 1]) * octets
          let (own, target) = (from + point * octets, to + point * octets)
          for k in 0..<octets {
            target[k] = (half * own[k]).addingProduct(quarter, before[k] + after[k])
          }
        }
      }
    }
  }
}
