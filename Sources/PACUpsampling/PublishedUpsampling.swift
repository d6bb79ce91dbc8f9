import PACData
import PACTraining

/// The paper's result, to show next to ours; nil if it reports nothing on this dataset.
///
/// Su et al., *Pixel-Adaptive Convolutional Neural Networks*, CVPR 2019, tables 1 and 2: on NYU
/// Depth V2 the root mean square error in centimetres of 449 frames, on MPI-Sintel the end-point
/// error in pixels of 133.
/// - Parameters:
///   - collection: the published collection that the dataset belongs to.
///   - settings: the network, its factor and target.
/// - Returns: the result.
func publishedUpsampling(
  of collection: String, _ settings: UpsamplingSettings
) -> PublishedResult? {
  let (samples, decimals, table): (Int, Int, [String: PublishedRow])
  switch (PublishedCollection(rawValue: collection), settings.target) {
  case (.nyu, .depth):
    (samples, decimals) = (449, 2)
    table = [
      "Bilinear": PublishedRow(5.43, 8.36, 12.90), "DJIF": PublishedRow(2.64, 5.15, 9.39),
      "PacJointUpsampleLite": PublishedRow(2.55, 4.82, 8.52),
      "PacJointUpsample": PublishedRow(2.39, 4.59, 8.09),
    ]
  case (.sintel, .flow):
    (samples, decimals) = (133, 4)
    table = [
      "Bilinear": PublishedRow(0.4650, 0.9011, 1.6281),
      "DJIF": PublishedRow(0.1760, 0.4382, 1.0422),
      "PacJointUpsample": PublishedRow(0.1042, 0.2558, 0.5921),
    ]
  default: return nil
  }
  let row = table[settings.model]
  return PublishedResult(
    samples: samples, decimals: decimals, value: row?.values[settings.factor],
    footnote: row?.footnote)
}

/// A network's results in a table of the paper.
private struct PublishedRow {
  /// By upsampling factor.
  let values: [Int: Double]
  /// What sets the row apart from the others; nil if nothing does.
  let footnote: String?

  init(_ four: Double, _ eight: Double, _ sixteen: Double, footnote: String? = nil) {
    values = [4: four, 8: eight, 16: sixteen]
    self.footnote = footnote
  }
}
