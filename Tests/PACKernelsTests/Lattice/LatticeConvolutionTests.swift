import Foundation
import PACTestSupport
import Testing

@testable import PACKernels

@Suite struct LatticeConvolutionTests {
  @Test(arguments: [
    (1, 1, 3), (2, 1, 7), (2, 2, 19), (2, 3, 37), (5, 1, 63), (5, 2, 665), (7, 0, 1),
  ])
  func neighborhoodsAreListedInOrder(d: Int, s: Int, count: Int) {
    let neighborhood = LatticeNeighborhood(dimensions: d, size: s)
    let offsets = neighborhood.offsets
    #expect(LatticeNeighborhood.count(dimensions: d, size: s) == count)
    #expect(offsets.count == count && neighborhood.gaussian.count == count)
    #expect(offsets[0] == .zero && neighborhood.gaussian[0] == 1)
    #expect(Set(offsets).count == count)
    for (o, offset) in offsets.enumerated() {
      #expect(offsets[neighborhood.opposites[o]] == .zero &- offset)
      // g is symmetric: as much of it on the other side.
      #expect(neighborhood.gaussian[o] == neighborhood.gaussian[neighborhood.opposites[o]])
      let all = (0..<d).map { Int(offset[$0]) }
      let last = -all.reduce(0, +)
      #expect(all.allSatisfy { ($0 - last).isMultiple(of: d + 1) })
    }
    if s > 0 {
      // k = (0 … 0 1): one step against all directions but the last.
      #expect((0..<d).allSatisfy { offsets[1][$0] == -1 })
    }
  }

  /// g is what blurs by ½ 1 ½ along the d + 1 directions make of a single point, where it is far
  /// enough from others.
  @Test(arguments: [1, 2, 3, 5])
  func gaussianIsTheProductOfBlurs(d: Int) {
    let neighborhood = LatticeNeighborhood(dimensions: d, size: 2)
    var values: [LatticeKey: Double] = [.zero: 1]
    for direction in 0...d {
      var step = LatticeKey.zero
      for i in 0..<d { step[i] = i == direction ? Int16(d) : -1 }
      var next: [LatticeKey: Double] = [:]
      for (key, value) in values {
        next[key, default: 0] += value
        next[key &+ step, default: 0] += value / 2
        next[key &- step, default: 0] += value / 2
      }
      values = next
    }
    let centre = values[.zero] ?? 0
    #expect(abs(centre - (1 + pow(2, -Double(d)))) < 1e-12)
    for (offset, g) in zip(neighborhood.offsets, neighborhood.gaussian) {
      #expect(abs(Double(g) - (values[offset] ?? 0) / centre) < 1e-7, "\(offset)")
    }
    #expect(values.keys.allSatisfy(Set(neighborhood.offsets).contains))
  }

  @Test func neighborhoodsAreLimited() {
    #expect(LatticeNeighborhood.largestSize(dimensions: 1) == 32)
    #expect(LatticeNeighborhood.largestSize(dimensions: 2) == 32)
    #expect(LatticeNeighborhood.largestSize(dimensions: 5) == 5)
    #expect(LatticeNeighborhood.largestSize(dimensions: 7) == 3)
  }

  /// Output and all gradients, bit for bit, with any number of threads.
  @Test(arguments: [(2, 21, 21, false), (5, 21, 21, false), (5, 40, 10, false), (3, 21, 21, true)])
  func bitsDependNotOnThreads(d: Int, inputs: Int, outputs: Int, isShared: Bool) throws {
    let threads = Threads.count
    defer { Threads.set(threads) }
    let (height, width) = (40, 50)
    let pixels = height * width
    var random = SeededGenerator(seed: UInt64(d))
    func numbers(_ count: Int, _ size: Float) -> [Float] {
      (0..<count).map { _ in Float.random(in: -size..<size, using: &random) }
    }
    let neighborhood = LatticeNeighborhood(dimensions: d, size: 1)
    let taps = neighborhood.gaussian.count
    // Wide enough for some thousand points of the lattice.
    let features = numbers(d * pixels, d == 2 ? 12 : 3)
    let input = numbers(inputs * pixels, 1)
    let weight = numbers(isShared ? taps : outputs * inputs * taps, 1)
    let upstream = numbers(outputs * pixels, 1)
    let channels = LatticeChannels(inputs: inputs, outputs: outputs, isShared: isShared)
    func computed(_ threads: Int) throws -> [[Float]] {
      Threads.set(threads)
      var output = [Float](repeating: .nan, count: outputs * pixels)
      var dInput = [Float](repeating: .nan, count: input.count)
      var dWeight = [Float](repeating: 0, count: weight.count)
      var dBias = [Float](repeating: 0, count: outputs)
      var dFeatures = [Float](repeating: 0, count: features.count)
      try features.withUnsafeBufferPointer { features in
        let map = LatticeConvolutionBatch.Map(
          try #require(features.baseAddress), pixels: pixels)
        let batch = try #require(
          LatticeConvolutionBatch(
            input: map, output: nil, images: 1, neighborhood, normalization: .symmetric))
        #expect(batch.pairs > 1000)
        batch.forward(
          input: input, weight: weight, channels: channels, bias: nil, output: &output)
        dInput.withUnsafeMutableBufferPointer { dInput in
          dWeight.withUnsafeMutableBufferPointer { dWeight in
            dBias.withUnsafeMutableBufferPointer { dBias in
              dFeatures.withUnsafeMutableBufferPointer { dFeatures in
                batch.backward(
                  input: input, maps: (map, nil), weight: weight, channels: channels,
                  outputGradient: upstream,
                  into: LatticeGradients(
                    input: dInput.baseAddress, weight: dWeight.baseAddress,
                    bias: dBias.baseAddress, features: dFeatures.baseAddress))
              }
            }
          }
        }
      }
      return [output, dInput, dWeight, dBias, dFeatures]
    }
    let alone = try computed(1)
    #expect(alone.allSatisfy { $0.allSatisfy(\.isFinite) })
    for count in [2, 3, 7] {
      #expect(try computed(count) == alone, "\(count) threads")
    }
  }
}
