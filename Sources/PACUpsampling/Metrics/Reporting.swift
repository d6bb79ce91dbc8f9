import PACData

/// How errors in a dataset's unit are reported: metric depth in centimetres, as published.
struct Reporting {
  /// What errors are multiplied by.
  let scale: Double
  /// The unit after that; empty if the dataset has none.
  let unit: String

  init(_ unit: DepthUnit) {
    (scale, self.unit) = unit == .metre ? (100, "cm") : (1, "")
  }
}
