import Foundation
import Testing

/// A folder of a test's own, removed with everything in it.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "pixel-adaptive-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path) }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Runs a Python program that may use h5py.
enum Python {
  /// An interpreter with h5py: the one named by `PAC_TEST_PYTHON`, else `python3`; nil without h5py.
  static let interpreter: String? = {
    let candidates = [ProcessInfo.processInfo.environment["PAC_TEST_PYTHON"], "python3"]
    return candidates.compactMap { $0 }.first { run($0, "import h5py") != nil }
  }()

  /// What the program prints, nil if it fails.
  static func run(_ interpreter: String, _ program: String, _ arguments: String...) -> String? {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [interpreter, "-c", program] + arguments
    process.standardOutput = output
    guard (try? process.run()) != nil else { return nil }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return nil }
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

/// The folder of expected values beside the package, nil where it is absent.
let goldenFolder: String? = {
  let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  let folder = package.appendingPathComponent("../shared/golden").standardizedFileURL.path
  return FileManager.default.fileExists(atPath: folder) ? folder : nil
}()
