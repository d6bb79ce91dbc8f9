import PACData
import PACTraining

/// What the paper reports, to stand beside what is measured.
///
/// Su et al., *Pixel-Adaptive Convolutional Neural Networks*, CVPR 2019, tables 1 and 2: on NYU Depth V2 the root mean
/// square error in centimetres of 449 frames, on MPI-Sintel the end-point error in pixels of 133.
struct PublishedResults {
  /// The number of samples that were measured.
  let samples: Int
  /// As many decimals as the paper prints.
  let decimals: Int
  private let table: [String: [Int: Double]]

  private static func factors(_ four: Double, _ eight: Double, _ sixteen: Double) -> [Int: Double] {
    [4: four, 8: eight, 16: sixteen]
  }

  /// The results on the data of a configuration; nil if there are none.
  /// - Throws: `HDF5Error` or `DataError` if the dataset cannot be read.
  init?(for configuration: TrainingConfiguration) throws {
    // Segmentation has datasets of another layout.
    guard configuration.taskKind == .upsampling else { return nil }
    let collection = try DatasetReader(configuration.data).description.collection
    switch (PublishedCollection(rawValue: collection), configuration.target) {
    case (.nyu, .depth):
      (samples, decimals) = (449, 2)
      table = [
        "Bilinear": Self.factors(5.43, 8.36, 12.90), "DJIF": Self.factors(2.64, 5.15, 9.39),
        "PacJointUpsampleLite": Self.factors(2.55, 4.82, 8.52),
        "PacJointUpsample": Self.factors(2.39, 4.59, 8.09),
      ]
    case (.sintel, .flow):
      (samples, decimals) = (133, 4)
      table = [
        "Bilinear": Self.factors(0.4650, 0.9011, 1.6281),
        "DJIF": Self.factors(0.1760, 0.4382, 1.0422),
        "PacJointUpsample": Self.factors(0.1042, 0.2558, 0.5921),
      ]
    default: return nil
    }
  }

  /// The result of a configuration's network at its factor, nil if the paper has none.
  func callAsFunction(_ configuration: TrainingConfiguration) -> Double? {
    table[configuration.model.rawValue]?[configuration.factor]
  }
}
