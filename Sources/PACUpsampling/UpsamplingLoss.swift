/// What training minimises; the raw values are the names in configurations.
public enum UpsamplingLoss: String, CaseIterable, Sendable {
  /// The mean square of the difference of normalised values.
  case l2
  /// The root of the mean square of the difference of raw values.
  case rmse
  /// The mean length of the difference of raw vectors, the end-point error.
  case epe
}
