import Foundation

/// A folder of a test's own, removed with everything in it.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "pixel-adaptive-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  func write(_ contents: Data, as name: String) throws -> String {
    try contents.write(to: URL(fileURLWithPath: self(name)))
    return self(name)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// The text of what `body` throws.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch {
    return "\(error)"
  }
}
