/// A learned filter on a lattice in which every channel stays by itself: W, [C, S], or [S] for all
/// channels.
struct ChannelLatticeBlur: LatticeBlur {
  let inputs: Int
  /// Whether one filter serves all channels.
  private let isShared: Bool
  private let offsets: Int
  /// [offsets, C up to whole vectors].
  private let packed: ScratchBuffer

  var outputs: Int { inputs }

  /// Packs a filter.
  /// - Parameters:
  ///   - weight: W, [channels, offsets], or [offsets] if shared.
  ///   - channels: C.
  ///   - isShared: whether one filter serves all channels.
  ///   - offsets: S.
  init(_ weight: UnsafePointer<Float>, channels: Int, isShared: Bool, offsets: Int) {
    self.init(channels: channels, isShared: isShared, offsets: offsets) { o, channel in
      weight[(isShared ? 0 : channel) * offsets + o]
    }
  }

  private init(
    channels: Int, isShared: Bool, offsets: Int, element: (_ o: Int, _ channel: Int) -> Float
  ) {
    (self.inputs, self.isShared, self.offsets) = (channels, isShared, offsets)
    let width = Octet.count(channels) * 8
    packed = ScratchBuffer(zeros: offsets * width)
    for o in 0..<offsets {
      for channel in 0..<channels { packed.pointer[o * width + channel] = element(o, channel) }
    }
  }

  var inputOctets: Int { Octet.count(inputs) }
  var outputOctets: Int { inputOctets }

  func transposed(_ neighborhood: LatticeNeighborhood) -> ChannelLatticeBlur {
    let width = inputOctets * 8
    return ChannelLatticeBlur(channels: inputs, isShared: isShared, offsets: offsets) {
      packed.pointer[neighborhood.opposites[$0] * width + $1]
    }
  }

  func addProducts(
    _ chunk: LatticePairs.Chunk, sources: UnsafePointer<Float>,
    targets: UnsafeMutablePointer<Float>
  ) {
    let octets = inputOctets
    let (from, to) = (Octet.at(sources), Octet.at(targets))
    let weights = Octet.at(packed.pointer)
    chunk.sources.withUnsafeBufferPointer { sources in
      chunk.targets.withUnsafeBufferPointer { targets in
        for o in 0..<offsets {
          let weight = weights + o * octets
          for pair in Int(chunk.first[o])..<Int(chunk.first[o + 1]) {
            let (source, target) = (
              from + Int(sources[pair]) * octets, to + Int(targets[pair]) * octets
            )
            for k in 0..<octets { target[k].addProduct(weight[k], source[k]) }
          }
        }
      }
    }
  }

  // MARK: - Gradient

  /// [offsets, C up to whole vectors].
  var gradientCount: Int { offsets * inputOctets * 8 }

  func sumGradient(
    _ chunks: [(pairs: LatticePairs.Chunk, targets: UnsafePointer<Float>)],
    sources: UnsafePointer<Float>, into sums: UnsafeMutablePointer<Float>
  ) {
    let octets = inputOctets
    let from = Octet.at(sources)
    sums.update(repeating: 0, count: gradientCount)
    for chunk in chunks {
      let gradients = Octet.at(chunk.targets)
      for o in 0..<offsets {
        let sum = Octet.at(sums + o * octets * 8)
        for pair in Int(chunk.pairs.first[o])..<Int(chunk.pairs.first[o + 1]) {
          let (source, target) = (
            from + Int(chunk.pairs.sources[pair]) * octets,
            gradients + Int(chunk.pairs.targets[pair]) * octets
          )
          for k in 0..<octets { sum[k].addProduct(target[k], source[k]) }
        }
      }
    }
  }

  func addGradient(_ sums: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>) {
    let width = inputOctets * 8
    for o in 0..<offsets {
      for channel in 0..<inputs {
        gradient[(isShared ? 0 : channel) * offsets + o] += sums[o * width + channel]
      }
    }
  }
}
