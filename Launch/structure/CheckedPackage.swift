import Foundation

/// A package, read for the checks.
struct CheckedPackage {
  let manifest: Manifest
  /// The Swift files of each target, by its name.
  let files: [String: [SourceFile]]

  /// Reads a package.
  init(_ root: String) throws {
    let manifest = try Manifest(
      json: try Self.dump(root), source: try Self.text("\(root)/Package.swift"))
    self.manifest = manifest
    files = try manifest.targets.reduce(into: [:]) {
      $0[$1.name] = try Self.files(of: $1, in: root)
    }
  }

  /// What is wrong with it, one line or more for each.
  var errors: [String] { importErrors(self) + rowErrors(self) + circleErrors(self) }

  /// All words of targets that do not depend on this one, nor on targets that do.
  func wordsOfTargets(thatCannotUse target: Manifest.Target) -> Set<String> {
    var users: Set = [target.name]
    var count = 0
    while count < users.count {
      count = users.count
      for other in manifest.targets where !users.isDisjoint(with: other.dependencies) {
        users.insert(other.name)
      }
    }
    return files.filter { !users.contains($0.key) }.values.joined().reduce(into: []) {
      $0.formUnion($1.words)
    }
  }

  private static func files(of target: Manifest.Target, in root: String) throws -> [SourceFile] {
    let folder = "\(root)/\(target.path)"
    let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return try paths.filter { path in
      path.hasSuffix(".swift")
        && !target.exclude.contains { path == $0 || path.hasPrefix("\($0)/") }
    }.sorted().map { path in
      SourceFile(
        path: "\(target.path)/\(path)", folder: (path as NSString).deletingLastPathComponent,
        source: try text("\(folder)/\(path)"))
    }
  }

  private static func text(_ path: String) throws -> String {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw CheckError("\(path): cannot be read")
    }
    return text
  }

  private static func dump(_ root: String) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["swift", "package", "--package-path", root, "dump-package"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw CheckError("\(root)/Package.swift: swift package dump-package failed, see above")
    }
    return output
  }
}
