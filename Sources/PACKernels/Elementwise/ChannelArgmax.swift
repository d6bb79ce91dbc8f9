/// The channel with the largest value at every pixel, the first of equal ones.
/// - Parameters:
///   - input: [C, pixels].
///   - channels: C, 1 to 256.
///   - pixels: how many.
///   - output: [pixels], overwritten.
public func channelsOfMaxima(
  _ input: UnsafePointer<Float>, channels: Int, pixels: Int,
  into output: UnsafeMutablePointer<UInt8>
) {
  let block = 4096
  parallelFor((pixels + block - 1) / block) { task in
    let range = task * block..<min((task + 1) * block, pixels)
    let maxima = ScratchBuffer(count: range.count)
    let first = range.lowerBound
    maxima.pointer.update(from: input + first, count: range.count)
    (output + first).update(repeating: 0, count: range.count)
    for channel in 1..<max(channels, 1) {
      let plane = input + channel * pixels + first
      for i in 0..<range.count where plane[i] > maxima.pointer[i] {
        maxima.pointer[i] = plane[i]
        output[first + i] = UInt8(truncatingIfNeeded: channel)
      }
    }
  }
}
