import PACData

/// The unit in which errors are reported: centimetres for metric depth, as in the paper.
struct Reporting {
  /// The factor from the dataset's unit to the reported one.
  let scale: Double
  /// The reported unit; empty if the dataset has none.
  let unit: String

  init(_ unit: DepthUnit) {
    (scale, self.unit) = unit == .metre ? (100, "cm") : (1, "")
  }
}
