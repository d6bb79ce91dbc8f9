import Foundation
import Glibc
import PACCommandLineTool
import PACConfiguration
import PACTestSupport
import PACTraining
import Testing

private let required = "run: runs/a\ndata: d.h5\nfactor: 8\nepochs: 3\n"

/// Numbers, texts and files that no configuration needs are refused in one line.
@Suite struct LargeValuesTests {
  private func text(_ line: String, _ overrides: String...) -> String {
    message {
      try TrainingConfiguration(
        yaml: required + line + "\n", name: "c.yaml", overrides: overrides,
        tasks: TaskList.builtIn.settings)
    }
  }

  static let integers = [
    "epochs", "global-batch", "test-every", "checkpoint-every", "checkpoint-every-steps", "keep",
    "read-ahead", "steps", "border",
  ]

  @Test(arguments: integers)
  func integersHaveAnUpperBound(_ key: String) {
    for number in ["1000000001", "9223372036854775807"] {
      #expect(
        text("", "\(key)=\(number)")
          == "override: \(key): \(number) is too large; choose at most 1000000000")
    }
    #expect(text("", "\(key)=9223372036854775808").hasPrefix("override: \(key): expected "))
    #expect(text("", "\(key)=-9223372036854775808").hasPrefix("override: \(key): expected "))
  }

  @Test(arguments: ["lr", "weight-decay", "epsilon", "max-minutes", "stall-timeout"])
  func numbersHaveAnUpperBound(_ key: String) {
    for number in ["1e300", "9223372036854775808", "1.1e9"] {
      #expect(
        text("\(key): \(number)")
          == "c.yaml:5: \(key): \(number) is too large; choose at most 1000000000")
    }
    #expect(text("\(key): 1e9") == "no error")
  }

  @Test func otherBounds() {
    #expect(text("crop: 20000") == "c.yaml:5: crop: expected an integer, 1 to 16384, found '20000'")
    #expect(
      message {
        try TrainingConfiguration(
          yaml: "run: a\ndata: d\nmodel: fcn8s\nepochs: 1\n", name: "c.yaml",
          overrides: ["test-crop=9223372036854775807"], tasks: TaskList.builtIn.settings)
      } == "override: test-crop: expected -1 for no padding, or an integer, 1 to 16384, found "
        + "'9223372036854775807'")
    #expect(text("seed: 9223372036854775807") == "no error")
    #expect(
      text("lr-steps: [1, 9223372036854775807]")
        == "c.yaml:5: lr-steps: expected a list of ascending epochs such as [10, 20], found the list "
        + "[1, 9223372036854775807]")
  }

  /// Nine lines that stand for 10⁹ values.
  @Test func anchors() {
    let bomb = (1...9).map { level in
      "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ","))]"
    }
    #expect(
      text((["a0: &a0 [1]"] + bomb).joined(separator: "\n"))
        == "c.yaml:5: anchors (&name) are not supported; write the value out")
    for line in ["a: [&x 1]", "a: &x 1", "a: {b: &x 1}", "a: 'b\\n# ' &x", "- &x"] {
      #expect(text(line.replacingOccurrences(of: "\\n", with: "\n")).contains("anchors (&name)"))
    }
    // A quoted text that begins on an earlier line, and ends where one seems to begin.
    #expect(text("a: [\"x\nb: \", &y [1], \"z\"]").contains("anchors (&name)"))
    for line in ["lr: 1 # a & b", "# &x", "lr: R&D", "val-ratio: \"R &D \\\" &x\" # &"] {
      #expect(!text(line).contains("anchors (&name)"), "\(line)")
    }
  }

  @Test func nestingAndLength() {
    let deep = String(repeating: "[", count: 30_000)
    #expect(text("lr-steps: \(deep)").hasPrefix("c.yaml:5: not valid YAML: "))
    #expect(
      text("lr-steps: [[[1]]]")
        == "c.yaml:5: lr-steps: expected a list of ascending epochs such as [10, 20], found the list "
        + "[a list in a list]")
    #expect(
      text("# " + String(repeating: "x", count: 70_000))
        == "c.yaml: has more than 64 KiB; name a configuration in YAML")
    let keys = (0..<2000).map { "k\($0): 1" }.joined(separator: "\n")
    #expect(
      text(keys) == "c.yaml: 2004 keys, but there are not so many; name a configuration")
    let long = String(repeating: "y", count: 9000)
    #expect(text("lr: \(long)").utf8.count < 200)
    #expect(text("\(long): 1").utf8.count < 250)
    #expect(
      text("lr: \"\\e[31m\\u202e\"")
        == "c.yaml:5: lr: expected a number, above 0, found the text '\u{FFFD}[31m\u{FFFD}'")
  }

  @Test func filesWithoutAnEnd() throws {
    #expect(
      message { try ConfigurationReader.contents(of: "/dev/zero") }
        == "/dev/zero: is a device; name a file, since this may never end")
    let folder = try TemporaryFolder()
    try #require(mkfifo(folder("pipe"), 0o600) == 0)
    #expect(
      message { try ConfigurationReader.contents(of: folder("pipe")) }
        == "\(folder("pipe")): is a pipe; name a file, since this may never end")
    try folder.write(Data(count: 70_000), as: "large")
    #expect(
      message { try ConfigurationReader.contents(of: folder("large")) }
        == "\(folder("large")): has 70000 bytes, more than the 65536 that such a file may have; "
        + "name another file"
    )
  }
}
