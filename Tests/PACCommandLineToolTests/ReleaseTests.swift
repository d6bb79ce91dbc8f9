import Foundation
import PACTestSupport
import Testing

/// Archives of Launch/release, made of a program that is built already.
@Suite(.enabled(if: canPack, "no git, strip or tar"))
struct ReleaseTests {
  private let folder: TemporaryFolder
  private static let name = "pixeladaptive-1.2.0-\(machine)"

  init() throws { folder = try TemporaryFolder() }

  /// The program without what only debuggers read.
  private func program() throws -> String {
    let file = folder("pac")
    let result = try run("strip", ["-o", file, try product("pac").path], timeout: 60)
    #expect(result.status == 0, "\(result)")
    return file
  }

  private func release(_ arguments: [String]) throws -> CommandResult {
    try run(
      packageRoot.appendingPathComponent("Launch/release").path, arguments,
      environment: ["SOURCE_DATE_EPOCH": "1700000000"], timeout: 240)
  }

  /// Whether the files that SHA256SUMS of a folder names are as they were.
  private func sumsAreRight(in path: String) throws -> Bool {
    try run(
      "sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"],
      in: URL(fileURLWithPath: path), timeout: 60
    ).status == 0
  }

  @Test func anArchiveIsCompleteAndCanBeVerified() throws {
    let program = try program()
    let out = folder("out")
    let result = try release(["--program", program, "--out", out, "1.2.0"])
    try #require(result.status == 0, "\(result)")
    #expect(result.output == "\(out)/\(Self.name).tar.gz\n")
    #expect(try sumsAreRight(in: out))
    try expectEveryPart(in: URL(fileURLWithPath: "\(out)/\(Self.name).spdx.json"))

    let unpacked = try run(
      "tar", ["-xzf", "\(out)/\(Self.name).tar.gz", "-C", folder.path], timeout: 60)
    #expect(unpacked.status == 0, "\(unpacked)")
    let top = folder(Self.name)
    #expect(try sumsAreRight(in: top))
    let files = try run("find", [".", "-type", "f"], in: URL(fileURLWithPath: top), timeout: 10)
      .output.split(separator: "\n").map { String($0.dropFirst(2)) }
    let listed = try String(contentsOfFile: "\(top)/SHA256SUMS", encoding: .utf8)
      .split(separator: "\n").map { String($0.dropFirst(66)) }
    #expect(Set(files).subtracting(listed) == ["SHA256SUMS"])
    #expect(
      Set(files).isSuperset(of: [
        ".build/release/pac", "Launch/run", "Launch/slurm.sbatch", "Launch/kubernetes/mpijob.yaml",
        "Configs/quickstart.yaml", "docs/running.md", "LICENSE", "README.md", "sbom.spdx.json",
      ]))
    #expect(!files.contains { $0.hasPrefix("Launch/smoke/") || $0.hasSuffix(".swift") })
    // It runs where it was unpacked, without sources.
    let help = try run("\(top)/Launch/run", ["--no-such-option"], timeout: 20)
    #expect(help.status == 2 && help.errors.contains("unknown option --no-such-option"), "\(help)")
    let pac = try run("\(top)/.build/release/pac", ["--help"], timeout: 20)
    #expect(pac.status == 0 && pac.output.contains("train"), "\(pac)")

    // The same sources and program give the same bytes, whatever the times of the files.
    #expect(try run("touch", [program], timeout: 10).status == 0)
    #expect(try release(["--program", program, "--out", folder("again"), "1.2.0"]).status == 0)
    #expect(
      try bytes(of: "\(out)/\(Self.name).tar.gz") == bytes(of: folder("again/\(Self.name).tar.gz")))

    // Whatever is changed afterwards is found.
    try Data("changed".utf8).write(to: URL(fileURLWithPath: "\(top)/Launch/run"))
    #expect(try !sumsAreRight(in: top))
    let archive = URL(fileURLWithPath: "\(out)/\(Self.name).tar.gz")
    var damaged = try Data(contentsOf: archive)
    damaged[damaged.count / 2] ^= 1
    try damaged.write(to: archive)
    #expect(try !sumsAreRight(in: out))
  }

  private struct Parts: Decodable {
    struct Package: Decodable {
      let reference: String
      let name: String
      let versionInfo: String
      let licenseDeclared: String

      enum CodingKeys: String, CodingKey {
        case reference = "SPDXID"
        case name, versionInfo, licenseDeclared
      }
    }
    struct Relationship: Decodable {
      let spdxElementId: String
      let relationshipType: String
      let relatedSpdxElement: String
    }
    let spdxVersion: String
    let creationInfo: [String: Created]
    let packages: [Package]
    let relationships: [Relationship]

    enum Created: Decodable, Equatable {
      case text(String)
      case list([String])

      init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        self =
          try (try? value.decode(String.self)).map { .text($0) }
          ?? .list(value.decode([String].self))
      }
    }
  }

  private struct Resolved: Decodable {
    struct Pin: Decodable {
      struct State: Decodable { let version: String? }
      let identity: String
      let state: State
    }
    let pins: [Pin]
  }

  /// Expects the list to have every Swift package and Debian package that is linked.
  private func expectEveryPart(in file: URL) throws {
    let parts = try JSONDecoder().decode(Parts.self, from: try Data(contentsOf: file))
    #expect(parts.spdxVersion == "SPDX-2.3")
    #expect(parts.creationInfo["created"] == .text("2023-11-14T22:13:20Z"))
    let versions = Dictionary(
      parts.packages.map { ($0.name, $0.versionInfo) }, uniquingKeysWith: { first, _ in first })
    #expect(versions["PixelAdaptive"] == "1.2.0")
    let resolved = try JSONDecoder().decode(
      Resolved.self,
      from: try Data(contentsOf: packageRoot.appendingPathComponent("Package.resolved")))
    #expect(resolved.pins.count > 3)
    for pin in resolved.pins { #expect(versions[pin.identity] == pin.state.version, "\(pin)") }
    if KubernetesTests.isDebian {
      for name in ["libc6", "zlib1g", "libhdf5-103-1", "libopenmpi3", "libdnnl2", "libpng16-16"] {
        let query = try run("dpkg-query", ["-W", "-f=${Version}", name], timeout: 20)
        #expect(query.status == 0 && versions[name] == query.output, "\(name)")
      }
    }
    #expect(parts.packages.first { $0.name == "PixelAdaptive" }?.licenseDeclared == "MIT")
    // References that SPDX allows, each part once, and each related to the program.
    let names = parts.packages.map(\.reference)
    #expect(Set(names).count == names.count)
    #expect(names.allSatisfy { $0.wholeMatch(of: /SPDXRef-[A-Za-z0-9.\-]+/) != nil })
    #expect(Set(parts.relationships.map(\.relatedSpdxElement)) == Set(names))
    #expect(
      Set(parts.relationships.map(\.relationshipType))
        .isSubset(of: ["DESCRIBES", "STATIC_LINK", "DYNAMIC_LINK"]))
  }

  @Test(arguments: [
    (["1.2/3"], "'1.2/3' is no version"), ([], "give one version, such as 1.2.0"),
    (["--program", "/no/such", "1.2"], "--program: '/no/such' is no program"),
    (["--quick", "1.2"], "unknown option --quick"),
  ])
  func wrongUsage(arguments: [String], message: String) throws {
    let result = try release(arguments)
    #expect(result.status == 2)
    #expect(
      result.errors == "error: \(message); Launch/release --help explains the usage\n", "\(result)")
  }

  private static let machine =
    (try? run("uname", ["-m"], timeout: 10))?.output.trimmingCharacters(in: .whitespacesAndNewlines)
    ?? ""
}

private let canPack =
  (try? run("sh", ["-c", "command -v git strip tar sha256sum"], timeout: 10))?.status == 0
