import Foundation

/// What `swift package dump-package` says of a package, as far as the checks need it.
struct Manifest {
  /// A target and the modules it may import, in the order of Package.swift.
  struct Target {
    let name: String
    /// Its folder within the package.
    let path: String
    /// Files and folders below `path` that are not its own.
    let exclude: [String]
    /// Names of targets and of other packages' products.
    let dependencies: [String]
    /// Whether it serves the tests: its folder lies under `Tests`.
    var isForTests: Bool { path.hasPrefix("Tests/") }
  }

  let targets: [Target]
  private let lines: [String: Int]

  /// Reads a manifest.
  /// - Parameters:
  ///   - json: what `swift package dump-package` prints.
  ///   - source: Package.swift, to say in which line something stands.
  /// - Throws: if it is not the JSON that is expected.
  init(json: Data, source: String) throws {
    targets = try JSONDecoder().decode(Dump.self, from: json).targets.map { target in
      let folder = target.type == "test" ? "Tests" : "Sources"
      return Target(
        name: target.name, path: target.path ?? "\(folder)/\(target.name)",
        exclude: target.exclude ?? [], dependencies: target.dependencies.map(\.name))
    }
    lines = Self.lines(of: targets, in: source)
  }

  /// The line of Package.swift in which a target, or its dependency, stands.
  func line(of target: Target, dependency: String? = nil) -> Int {
    lines["\(target.name)/\(dependency ?? "")"] ?? lines["\(target.name)/"] ?? 1
  }

  /// Lines by `TARGET/` and `TARGET/DEPENDENCY`.
  ///
  /// A target's name is the first argument of a call, or follows `name:`; what follows it in quotes
  /// up to the next target are its dependencies.
  private static func lines(of targets: [Target], in source: String) -> [String: Int] {
    let names = Set(targets.map(\.name))
    var lines: [String: Int] = [:]
    var current: String?
    let tokens = Lexer.tokens(of: source)
    for (place, token) in tokens.enumerated() where token.kind == .string && place > 1 {
      let before = (tokens[place - 2].text, tokens[place - 1].text)
      if names.contains(token.text), before.1 == "(" || before == ("name", ":") {
        current = token.text
        lines["\(token.text)/"] = token.line
      } else if let current, lines["\(current)/\(token.text)"] == nil {
        lines["\(current)/\(token.text)"] = token.line
      }
    }
    return lines
  }
}

/// The JSON of `swift package dump-package`.
private struct Dump: Decodable {
  struct Target: Decodable {
    let name: String
    let type: String
    let path: String?
    let exclude: [String]?
    let dependencies: [Dependency]
  }

  /// `{"byName": ["PACTensors", null]}`, `{"target": […]}` or `{"product": ["Yams", "yams", …]}`.
  struct Dependency: Decodable {
    let name: String

    init(from decoder: any Decoder) throws {
      let kinds = try decoder.singleValueContainer().decode([String: [Argument?]].self)
      guard case .name(let name)?? = kinds.values.first?.first else {
        throw CheckError("Package.swift: a dependency without a name")
      }
      self.name = name
    }
  }

  /// A name, or a condition, which is of no interest.
  enum Argument: Decodable {
    case name(String)
    case other

    init(from decoder: any Decoder) throws {
      let text = try? decoder.singleValueContainer().decode(String.self)
      self = text.map(Self.name) ?? .other
    }
  }

  let targets: [Target]
}

/// Why a check could not be made, in one line.
struct CheckError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
