/// How much of a network the weights that it starts from must hold.
public enum WeightsMatch: String, CaseIterable, Sendable {
  /// All of it, and nothing else.
  case exact
  /// Any part: every parameter whose name and shape fit is taken, the others are reported.
  case partial
}
