import PACData
import PACTraining

extension UpsamplingTask {
  /// The paper's result for the network, to show next to ours; nil if it reports nothing on this
  /// dataset.
  ///
  /// Su et al., *Pixel-Adaptive Convolutional Neural Networks*, CVPR 2019, tables 1 and 2: on NYU
  /// Depth V2 the root mean square error in centimetres of 449 frames, on MPI-Sintel the end-point
  /// error in pixels of 133.
  public static func published(
    for settings: UpsamplingSettings, in configuration: TrainingConfiguration,
    on dataset: DatasetDescription
  ) -> PublishedResult? {
    let (samples, decimals, table): (Int, Int, [String: [Int: Double]])
    switch (PublishedCollection(rawValue: dataset.collection), settings.target) {
    case (.nyu, .depth):
      (samples, decimals) = (449, 2)
      table = [
        "Bilinear": factors(5.43, 8.36, 12.90), "DJIF": factors(2.64, 5.15, 9.39),
        "PacJointUpsampleLite": factors(2.55, 4.82, 8.52),
        "PacJointUpsample": factors(2.39, 4.59, 8.09),
      ]
    case (.sintel, .flow):
      (samples, decimals) = (133, 4)
      table = [
        "Bilinear": factors(0.4650, 0.9011, 1.6281), "DJIF": factors(0.1760, 0.4382, 1.0422),
        "PacJointUpsample": factors(0.1042, 0.2558, 0.5921),
      ]
    default: return nil
    }
    return PublishedResult(
      samples: samples, decimals: decimals, value: table[settings.model]?[settings.factor])
  }
}

private func factors(_ four: Double, _ eight: Double, _ sixteen: Double) -> [Int: Double] {
  [4: four, 8: eight, 16: sixteen]
}
