import Foundation
import PACFiles

/// Writes a text file that appears complete or not at all.
/// - Throws: `ReproductionError` if it cannot be written.
func writeAtomically(_ text: String, to path: String) throws {
  do {
    let file = try AtomicFile(path)
    try SystemFile(file.temporaryPath, for: .appending).write(Array(text.utf8))
    try file.commit()
  } catch let failure as SystemFile.Failure {
    throw ReproductionError("\(path): \(failure); check the free disk space and the quota")
  }
}

/// Encodes a value as JSON with sorted keys.
func encoded(_ value: some Encodable) throws -> Data {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return try encoder.encode(value)
}

/// The different values, in the order of their first occurrence.
func distinct<Value: Hashable>(_ values: [Value]) -> [Value] {
  var seen: Set<Value> = []
  return values.filter { seen.insert($0).inserted }
}
