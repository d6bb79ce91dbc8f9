/// The loss that training minimises; the raw values are the names in configurations.
public enum UpsamplingLoss: String, CaseIterable, Sendable {
  /// The mean squared error of normalised values.
  case l2
  /// The root mean square error of raw values.
  case rmse
  /// The mean end-point error of raw vectors.
  case epe
}
