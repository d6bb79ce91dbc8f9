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
    // Bits, not numbers: NaN is equal to itself here.
    func bits(_ index: Int) -> UInt32 { field.components[index].bitPattern }
    let isSame = [0, pixels].allSatisfy { plane in
      (plane..<plane + half).allSatisfy { bits($0) == bits($0 + half) }
    }
    // A constant field says nothing.
    let varies = [0, pixels].contains { plane in
      (plane..<plane + half).contains { bits($0) != bits(plane) }
    }
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
