/// Eight channels of a pixel or lattice point.
typealias Octet = SIMD8<Float>

extension Octet {
  /// Memory in whole vectors.
  static func at(_ pointer: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Self> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Self.self)
  }

  /// Memory in whole vectors, for reading.
  static func at(_ pointer: UnsafePointer<Float>) -> UnsafePointer<Self> {
    UnsafeRawPointer(pointer).assumingMemoryBound(to: Self.self)
  }

  /// How many hold so many channels.
  static func count(_ channels: Int) -> Int { (channels + 7) / 8 }
}

// Channels lie side by side, filled up with zeros to whole vectors, so that a pixel or point is one
// run of memory: a row.

extension LatticeShares {
  /// Sᵀ (n ⊙ v): the sum of the pixels at each lattice point.
  /// - Parameters:
  ///   - input: v, [channels, pixels].
  ///   - channels: C.
  ///   - factors: n, [pixels].
  ///   - octets: vectors of a row, at least as many as the channels take.
  /// - Returns: a row for each point, and one of zeros, which stands for points that are missing.
  func splat(
    _ input: UnsafePointer<Float>, channels: Int, factors: [Float], octets: Int
  ) -> ScratchBuffer {
    let lattice = ScratchBuffer(count: (points + 1) * octets * 8)
    let scratch = ScratchBuffer(count: pixels * octets * 8)
    defer { withExtendedLifetime(scratch) {} }
    let (rows, sums) = (Octet.at(scratch.pointer), Octet.at(lattice.pointer))
    forEachBlock(pixels) { range in
      packRows(
        input, channels, factors, octets, range,
        into: scratch.pointer + range.lowerBound * octets * 8)
    }
    members.withUnsafeBufferPointer { members in
      memberShares.withUnsafeBufferPointer { shares in
        firstMembers.withUnsafeBufferPointer { firstMembers in
          forEachBlock(points) { range in
            for point in range {
              let sum = sums + point * octets
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
    (sums + points * octets).update(repeating: .zero, count: octets)
    return lattice
  }

  /// n ⊙ S u + b: what the corners of each pixel's simplex hold.
  /// - Parameters:
  ///   - lattice: u, a row for each point.
  ///   - octets: vectors of a row.
  ///   - output: [channels, pixels], overwritten.
  ///   - channels: C.
  ///   - factors: n, [pixels].
  ///   - bias: b, [channels]; nil for none.
  func slice(
    _ lattice: ScratchBuffer, octets: Int, into output: UnsafeMutablePointer<Float>, channels: Int,
    factors: [Float], bias: UnsafePointer<Float>? = nil
  ) {
    let (points, width, size) = (Octet.at(lattice.pointer), dimensions + 1, 64)
    corners.withUnsafeBufferPointer { corners in
      shares.withUnsafeBufferPointer { shares in
        factors.withUnsafeBufferPointer { factors in
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
                  let share = Octet(repeating: shares[entry] * factors[first + i])
                  for k in 0..<octets { row[k].addProduct(share, point[k]) }
                }
              }
              for channel in 0..<channels {
                let plane = output + channel * pixels + first
                let offset = bias?[channel] ?? 0
                for i in 0..<count {
                  plane[i] = scratch.pointer[i * octets * 8 + channel] + offset
                }
              }
            }
          }
        }
      }
    }
  }

  /// Adds to the gradients of the shares, for a gradient that reaches the pixels after `slice`, or
  /// for what comes before `splat`: Σ_c n v_c u_c at each corner.
  /// - Parameters:
  ///   - planes: v, [channels, pixels].
  ///   - channels: C.
  ///   - factors: n, [pixels].
  ///   - lattice: u, a row for each point.
  ///   - octets: vectors of a row.
  ///   - gradients: [pixels, d + 1].
  func addShareGradients(
    _ planes: UnsafePointer<Float>, channels: Int, factors: [Float], lattice: ScratchBuffer,
    octets: Int, into gradients: UnsafeMutablePointer<Float>
  ) {
    let (points, width, size) = (Octet.at(lattice.pointer), dimensions + 1, 64)
    withParallelTasks((pixels + size - 1) / size) { queue in
      let scratch = ScratchBuffer(count: size * octets * 8)
      let rows = Octet.at(scratch.pointer)
      while let block = queue.next() {
        let range = block * size..<min((block + 1) * size, pixels)
        packRows(planes, channels, factors, octets, range, into: scratch.pointer)
        for pixel in range {
          let row = rows + (pixel - range.lowerBound) * octets
          for entry in pixel * width..<(pixel + 1) * width {
            let point = points + Int(corners[entry]) * octets
            var sum = Octet.zero
            for k in 0..<octets { sum.addProduct(row[k], point[k]) }
            gradients[entry] += sum.total
          }
        }
      }
    }
  }

  /// Rows of n ⊙ v for some pixels.
  private func packRows(
    _ planes: UnsafePointer<Float>, _ channels: Int, _ factors: [Float], _ octets: Int,
    _ range: Range<Int>, into rows: UnsafeMutablePointer<Float>
  ) {
    rows.update(repeating: 0, count: range.count * octets * 8)
    factors.withUnsafeBufferPointer { factors in
      for channel in 0..<channels {
        let plane = planes + channel * pixels
        for pixel in range {
          rows[(pixel - range.lowerBound) * octets * 8 + channel] = plane[pixel] * factors[pixel]
        }
      }
    }
  }
}

extension Octet {
  /// The sum of the lanes, in a fixed order.
  fileprivate var total: Float {
    let four = lowHalf + highHalf
    return (four[0] + four[2]) + (four[1] + four[3])
  }
}
