/// Tells values that cannot be metres.
enum DepthUnits {
  /// Refuses values of one file that nobody said are metres, but would be taken for them.
  ///
  /// Cameras give fractions of metres. So whole numbers are counts of some smaller unit, and so are
  /// values half of which lie beyond 100.
  /// - Parameters:
  ///   - values: the values of the file; those that are no depth do not count.
  ///   - file: its path.
  /// - Throws: `DataError` with the scale to give.
  static func requireMetres(_ values: [Double], _ file: String) throws(DataError) {
    let depths = values.filter { $0 > 0 && $0.isFinite }
    if areWhole(depths) { throw missingScale(file, " all values are whole numbers;") }
    let middle = depths.sorted().dropFirst(depths.count / 2).first ?? 0
    guard middle > Double(DatasetSurvey.farthest) else { return }
    let guess = middle < 1000 ? "0.01 for centimetres" : "0.001 for millimetres"
    throw DataError(
      "\(file): half of its depths are above \(Float(middle)), which cannot be metres; give a depth "
        + "scale, such as \(guess), or 1 if these are metres")
  }

  /// Whether there are depths, and all of them are whole numbers.
  static func areWhole(_ depths: [Double]) -> Bool {
    !depths.isEmpty && depths.allSatisfy { $0 == $0.rounded() }
  }

  /// Asks for the unit of a file's counts.
  static func missingScale(_ file: String, _ reason: String = "") -> DataError {
    DataError(
      "\(file):\(reason) how many metres is one unit? give a depth scale, "
        + "such as 0.001 for millimetres")
  }
}
