import PACAutograd
import PACLayers
import PACTensors

/// The common part of networks that double a map several times, each time guided by its own share of
/// what a branch of convolutions makes of the guide.
///
/// One branch processes the low-resolution map, another the guide, and a third what the doublings
/// result in. A network adds what doubles. Maps with several channels are upsampled channel by
/// channel.
struct GuidedDoublings {
  let factor: Int
  let targetBranch: ConvolutionBranch
  /// Its output has `guideChannels` channels for each doubling.
  let guideBranch: ConvolutionBranch
  let finalBranch: ConvolutionBranch
  /// The channels that guide one doubling.
  let guideChannels: Int
  /// How many rows of a doubling's output above and below a row its values depend on.
  let reach: Int

  /// Makes a map of twice the size; given the number of the doubling, the map, and the guidance at
  /// the output's size.
  typealias Doubling = (Int, Variable, Variable) throws -> Variable

  /// Upsamples a map; see `JointUpsampler`.
  /// - Parameters:
  ///   - low: [N, C, h, w].
  ///   - guide: [N, 3, h·factor, w·factor], already checked.
  ///   - double: what doubles.
  /// - Returns: [N, C, h·factor, w·factor].
  /// - Throws: what `double` and the branches throw.
  func callAsFunction(
    _ low: Variable, guide: Variable, double: Doubling
  ) throws -> Variable {
    try mapByMap(low, with: guidance(of: guide)) { low, guidance in
      var x = try targetBranch(low)
      for (level, guidance) in guidance.dropLast().enumerated() {
        x = try double(level, x, guidance)
      }
      return try finish(x, guidance[guidance.count - 1], double)
    }
  }

  /// See `JointUpsampler`; a doubling's own parameters are called `NAME.{number of the doubling}.…`
  /// and applied at the resolution of its input.
  func pixelShare(ofParameter name: String) -> Double {
    let parts = name.split(separator: ".")
    switch parts[0] {
    case "branch_t": return 1 / Double(factor * factor)
    case "branch_g", "branch_f": return 1
    default:
      let scale = Double(1 << (Int(parts[1]) ?? 0)) / Double(factor)
      return scale * scale
    }
  }

  private var doublings: Int { factor.trailingZeroBitCount }

  /// The part of the guide branch's channels for each doubling, at the size of its output.
  private func guidance(of guide: Variable) throws -> [Variable] {
    // Bands contain whole low-resolution rows, since a row at half the size is a mean of rows of
    // the same band.
    let bands = RowBands(
      guide, multipleOf: factor, reach: guideBranch.reach,
      floatsPerPixel: guideBranch.floatsPerPixel)
    return try bands { band in
      let features = try guideBranch(guide.rows(band.padded)).rows(band.inner)
      return (0..<doublings).map { level in
        resizeBilinear(
          features.channels(level * guideChannels..<(level + 1) * guideChannels),
          height: band.rows.count * (2 << level) / factor,
          width: guide.value.shape.width * (2 << level) / factor)
      }
    }
  }

  /// The last doubling and the final branch, the only layers at full size.
  private func finish(
    _ half: Variable, _ guidance: Variable, _ double: Doubling
  ) throws -> Variable {
    let bands = RowBands(
      guidance, multipleOf: 2, reach: reach + finalBranch.reach,
      floatsPerPixel: finalBranch.floatsPerPixel)
    return try bands { band in
      let rows = band.padded.lowerBound / 2..<band.padded.upperBound / 2
      let full = try double(doublings - 1, half.rows(rows), guidance.rows(band.padded))
      return [try finalBranch(full).rows(band.inner)]
    }[0]
  }
}
