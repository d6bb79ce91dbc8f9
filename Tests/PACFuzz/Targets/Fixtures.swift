import Foundation

/// The bytes of a file of the package.
func fixture(_ path: String) throws -> [UInt8] {
  let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  return Array(try Data(contentsOf: root.appendingPathComponent(path)))
}
