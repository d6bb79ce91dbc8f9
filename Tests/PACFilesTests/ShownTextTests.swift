import PACFiles
import Testing

/// What comes from a file is safe to print and to use in names of files.
@Suite struct ShownTextTests {
  @Test func ordinaryTextStays() {
    for text in ["", "branch_t.conv1.weight", "größe 3 × 4", "深度", "e\u{301}"] {
      #expect(Array(shown(text).utf8) == Array(text.utf8))
      #expect(shownDistinctly(text) == text)
    }
  }

  @Test(arguments: [
    ("\u{1B}[31mred", "\u{FFFD}[31mred"), ("a\nb\r\tc", "a\u{FFFD}b\u{FFFD}\u{FFFD}c"),
    ("a\u{202E}b\u{2066}", "a\u{FFFD}b\u{FFFD}"), ("a\u{200B}\u{FEFF}", "a\u{FFFD}\u{FFFD}"),
    ("\u{9B}31m\u{7F}\0", "\u{FFFD}31m\u{FFFD}\u{FFFD}"),
    ("a\u{2028}b\u{85}", "a\u{FFFD}b\u{FFFD}"), ("a\u{E0041}", "a\u{FFFD}"),
  ])
  func whatATerminalObeysIsReplaced(_ text: String, _ expected: String) {
    #expect(shown(text) == expected)
  }

  @Test func longTextIsCut() {
    let text = String(repeating: "y", count: 10_000)
    #expect(shown(text) == String(repeating: "y", count: 80) + "…")
    #expect(shown(text, most: 5) == "yyyyy…")
    #expect(shown(String(repeating: "y", count: 80)).count == 80)
    // However many accents a letter has.
    #expect(shown("e" + String(repeating: "\u{301}", count: 9000)).unicodeScalars.count == 81)
  }

  /// Two names that look the same stay apart.
  @Test func changedNamesAreDistinct() {
    let (first, second) = (shownDistinctly("a\u{1B}"), shownDistinctly("a\n"))
    #expect(first == "a\u{FFFD}-49f2bd3f" || first.hasPrefix("a\u{FFFD}-"))
    #expect(first != second && first.count == 11)
  }

  @Test func lists() {
    #expect(listed(["a", "b\n"]) == "a, b\u{FFFD}")
    #expect(listed((0..<9).map { "\($0)" }) == "0, 1, 2, 3, 4 and 4 more")
  }
}
