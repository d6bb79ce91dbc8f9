import PACImageFiles

/// Finds a set whose flows hold their upper half twice, as those of a damaged archive do.
struct RepeatedHalves {
  private var count = 0
  private var repeatedCount = 0

  /// Looks at a flow.
  mutating func add(_ field: FlowField) {
    count += 1
    let half = field.height / 2 * field.width
    let pixels = field.width * field.height
    let planes = [0, pixels].map { field.components[$0..<$0 + pixels].map(\.bitPattern) }
    let isSame = planes.allSatisfy { $0[..<half].elementsEqual($0[half..<2 * half]) }
    // A constant field says nothing.
    let varies = planes.contains { Set($0[..<half]).count > 1 }
    if isSame, varies { repeatedCount += 1 }
  }

  /// A line if every flow of the set does so; single ones may be real.
  func remarks(_ root: String) -> [String] {
    guard count > 0, repeatedCount == count else { return [] }
    return [
      "\(root): all \(count) flows hold their upper half twice, as in a damaged archive of the complete "
        + "dataset; download the flow again, from the archive that holds it alone"
    ]
  }
}
