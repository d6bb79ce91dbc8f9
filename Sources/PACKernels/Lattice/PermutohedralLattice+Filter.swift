/// Eight channels of a pixel or lattice point.
private typealias Octet = SIMD8<Float>

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
    // Channels lie side by side, filled up with zeros to whole vectors, so that a pixel or point is
    // one run of memory.
    let octets = (channels + 7) / 8
    var values = ScratchBuffer(count: (points + 1) * octets * 8)
    splat(input, channels, octets, into: values)
    var other = ScratchBuffer(count: (points + 1) * octets * 8)
    for lattice in [values, other] {
      (lattice.pointer + points * octets * 8).update(repeating: 0, count: octets * 8)
    }
    for direction in transposed ? Array((0...dimensions).reversed()) : Array(0...dimensions) {
      blur(values, direction, octets, into: other)
      swap(&values, &other)
    }
    slice(values, octets, into: output, channels)
  }

  /// Sᵀ: the pixels' sum at each lattice point.
  private func splat(
    _ input: UnsafePointer<Float>, _ channels: Int, _ octets: Int, into lattice: ScratchBuffer
  ) {
    let scratch = ScratchBuffer(count: pixels * octets * 8)
    defer { withExtendedLifetime(scratch) {} }
    let (rows, points) = (Octet.at(scratch.pointer), Octet.at(lattice.pointer))
    Self.forEachBlock(pixels) { range in
      let first = scratch.pointer + range.lowerBound * octets * 8
      first.update(repeating: 0, count: range.count * octets * 8)
      for channel in 0..<channels {
        let plane = input + channel * pixels + range.lowerBound
        for i in 0..<range.count { first[i * octets * 8 + channel] = plane[i] }
      }
    }
    members.withUnsafeBufferPointer { members in
      memberShares.withUnsafeBufferPointer { shares in
        firstMembers.withUnsafeBufferPointer { firstMembers in
          Self.forEachBlock(self.points) { range in
            for point in range {
              let sum = points + point * octets
              for k in 0..<octets { sum[k] = .zero }
              for entry in Int(firstMembers[point])..<Int(firstMembers[point + 1]) {
                let row = rows + Int(members[entry]) * octets
                let share = Octet(repeating: shares[entry])
                for k in 0..<octets { sum[k].addProduct(share, row[k]) }
              }
            }
          }
        }
      }
    }
  }

  /// One factor of B: ¼ ½ ¼ along a direction.
  private func blur(
    _ values: ScratchBuffer, _ direction: Int, _ octets: Int, into result: ScratchBuffer
  ) {
    let (from, to) = (Octet.at(values.pointer), Octet.at(result.pointer))
    let (half, quarter) = (Octet(repeating: 0.5), Octet(repeating: 0.25))
    neighbours.withUnsafeBufferPointer { neighbours in
      Self.forEachBlock(points) { range in
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

  /// S: what the corners of each pixel's simplex hold.
  private func slice(
    _ lattice: ScratchBuffer, _ octets: Int, into output: UnsafeMutablePointer<Float>,
    _ channels: Int
  ) {
    let (points, width, size) = (Octet.at(lattice.pointer), dimensions + 1, 64)
    corners.withUnsafeBufferPointer { corners in
      shares.withUnsafeBufferPointer { shares in
        withParallelTasks((pixels + size - 1) / size) { queue in
          let scratch = ScratchBuffer(count: size * octets * 8)
          let rows = Octet.at(scratch.pointer)
          while let block = queue.next() {
            let first = block * size
            let count = min(size, pixels - first)
            for i in 0..<count {
              let row = rows + i * octets
              for k in 0..<octets { row[k] = .zero }
              for entry in (first + i) * width..<(first + i + 1) * width {
                let point = points + Int(corners[entry]) * octets
                let share = Octet(repeating: shares[entry])
                for k in 0..<octets { row[k].addProduct(share, point[k]) }
              }
            }
            for channel in 0..<channels {
              let plane = output + channel * pixels + first
              for i in 0..<count { plane[i] = scratch.pointer[i * octets * 8 + channel] }
            }
          }
        }
      }
    }
  }
}

extension SIMD8<Float> {
  /// Memory in whole vectors.
  fileprivate static func at(_ pointer: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Self> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Self.self)
  }
}
