import Foundation
import PACTestSupport
import Testing

/// The scripts of docs/testing.md: what they refuse, and that nothing is listed twice or missing.
struct TestScriptTests {
  private func script(_ name: String, _ arguments: [String]) throws -> CommandResult {
    try run(
      packageRoot.appendingPathComponent("Launch/\(name)").path, arguments, timeout: 30)
  }

  @Test(arguments: [
    ("chaos", ["--task", "flow"], "--task needs upsampling, segmentation or both, not 'flow'"),
    ("chaos", ["--events", "0"], "--events needs a number above 0, not '0'"),
    ("chaos", ["--ranks", "8"], "--ranks needs A or A-B up to 7, not '8'"),
    ("chaos", ["--ranks", "5-2"], "--ranks: 5 is above 2"),
    ("chaos", ["--seed"], "--seed needs a number, not ''"),
    ("chaos", ["--host"], "unknown option --host"),
    ("fuzz", [], "no target given"),
    ("fuzz", ["png"], "SECONDS must be a number above 0, not ''"),
    ("fuzz", ["--reproduce", "png", "/none"], "--reproduce needs a file, not '/none'"),
  ])
  func saysWhatIsWrongWithTheUsage(
    name: String, arguments: [String], message: String
  ) throws {
    let result = try script(name, arguments)
    #expect(result.status == 2)
    #expect(result.errors == "error: \(message); see Launch/\(name) --help\n")
    #expect(result.output == "")
  }

  @Test func testTakesKnownOptionsOnly() throws {
    let result = try script("test", ["--sanitize", "memory"])
    #expect(result.status == 2)
    #expect(
      result.errors
        == "error: '--sanitize memory': the options are --sanitize address, --sanitize thread and "
        + "--fuzz\n")
  }

  /// Each target has a folder of inputs, by which `Launch/fuzz` knows it, and a row in the docs.
  @Test func fuzzListsTheTargets() throws {
    let sources = packageRoot.appendingPathComponent("Tests/PACFuzz/Targets")
    let texts = try FileManager.default.contentsOfDirectory(atPath: sources.path).map {
      try String(contentsOf: sources.appendingPathComponent($0), encoding: .utf8)
    }
    let names = texts.flatMap { $0.matches(of: #/name: "([a-z0-9]+)"/#).map { String($0.1) } }
    #expect(names.count == 14)
    let listed = try script("fuzz", ["--list"])
    #expect(listed.output == names.sorted().map { "\($0)\n" }.joined())
    let page = try String(
      contentsOf: packageRoot.appendingPathComponent("docs/testing.md"), encoding: .utf8)
    for name in names { #expect(page.contains("`\(name)`"), "\(name)") }
  }
}
