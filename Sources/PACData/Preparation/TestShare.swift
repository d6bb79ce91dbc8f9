/// How many samples, taken from the end, are held out for testing.
public enum TestShare: Sendable, Equatable {
  /// This many samples.
  case count(Int)
  /// This fraction of all samples, from 0 to 1; the count is rounded.
  case ratio(Double)

  /// The number of test samples among `total`.
  func count(of total: Int) throws(DataError) -> Int {
    switch self {
    case .count(let count):
      guard (0...total).contains(count) else {
        throw DataError("cannot hold out \(count) of \(total) samples for testing; choose fewer")
      }
      return count
    case .ratio(let ratio):
      guard (0...1).contains(ratio) else {
        throw DataError(
          "cannot hold out a fraction of \(ratio) for testing; choose one from 0 to 1")
      }
      return Int((ratio * Double(total)).rounded())
    }
  }
}
