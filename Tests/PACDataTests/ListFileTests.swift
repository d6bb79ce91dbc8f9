import Foundation
import PACTestSupport
import Testing

@testable import PACData

/// Lists as people save them, on any system.
@Suite struct ListFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func utf16(_ text: String, isBig: Bool) -> [UInt8] {
    "\u{FEFF}\(text)".utf16.flatMap { unit in
      let bytes = [UInt8(unit >> 8), UInt8(unit & 255)]
      return isBig ? bytes : bytes.reversed()
    }
  }

  @Test func everyEncodingAndLineEnd() throws {
    let text = "# images\r\n\r\n 2007_000001 \r\nzwei 1\r\n"
    let forms: [[UInt8]] = [
      Array(text.utf8), [0xEF, 0xBB, 0xBF] + Array(text.utf8), utf16(text, isBig: false),
      utf16(text, isBig: true), Array(text.replacing("\r\n", with: "\n").utf8),
      Array(text.replacing("\r\n", with: "\r").utf8), Array(text.utf8.dropLast(2)),
    ]
    for form in forms {
      let list = try ListFile(folder.write(Data(form), as: "list.txt"))
      #expect(list.lines.map(\.text) == ["2007_000001", "zwei 1"])
      #expect(list.lines.map(\.number) == [3, 4])
    }
  }

  @Test func whatIsNoList() throws {
    func fault(_ bytes: [UInt8]) throws -> String {
      let path = try folder.write(Data(bytes), as: "list.txt")
      return message { _ = try ListFile(path) }.replacing(path, with: "F")
    }
    #expect(try fault([]) == "F: the list is empty")
    #expect(try fault(Array("# only\n\n".utf8)) == "F: the list is empty")
    #expect(
      try fault(Array(utf16("a\nb", isBig: false).dropFirst(2)))
        == "F: is no text, or UTF-16 without its mark; save the list as UTF-8")
    #expect(try fault([0x61, 0xE4, 0x0A]) == "F: is no text in UTF-8; save the list as UTF-8")
    #expect(
      try fault(utf16("abc", isBig: true).dropLast())
        == "F: UTF-16 text that is cut; save the list as UTF-8")
    #expect(
      message { _ = try ListFile(folder("none")) }
        == folder("none") + ": no such file; check the path")
    #expect(
      message { _ = try ListFile(folder.path) } == folder.path + ": is a folder; name a file")
    try #require(mkfifo(folder("pipe"), 0o600) == 0)
    #expect(message { _ = try ListFile(folder("pipe")) }.hasPrefix(folder("pipe") + ": is a pipe"))
  }

  /// A file of 300 MB is refused by its size, without a byte of it in memory.
  @Test func longListsAreRefused() throws {
    let path = try folder.write(Data(), as: "list.txt")
    try #require(truncate(path, 300_000_000) == 0)
    #expect(
      message { _ = try ListFile(path) }
        == path + ": 300000000 bytes, but lists of at most 16777216 are read; is it the right file?"
    )
  }

  @Test func listsOfPhotographs() throws {
    func list(_ text: String) throws -> VOCList {
      try VOCList(folder.write(Data(text.utf8), as: "list.txt"))
    }
    let pairs = try list(
      """
      /JPEGImages/2007_000001.jpg /SegmentationClassAug/2007_000001.png
      VOC2012\\JPEGImages\\2007_000002.jpg VOC2012\\SegmentationClassAug\\2007_000002.png
      JPEGImages/2007_000003.JPG
      2007_000004.jpg
      2007_000005  -1
      """)
    #expect(pairs.identifiers == (1...5).map { "2007_00000\($0)" })
    #expect(
      pairs.labelFiles == [
        "2007_000001": "SegmentationClassAug/2007_000001.png",
        "2007_000002": "SegmentationClassAug/2007_000002.png",
      ])
    func fault(_ text: String) -> String {
      message { _ = try list(text) }.replacing(folder("list.txt") + ", line 1: ", with: "")
    }
    let advice =
      " is no identifier such as 2007_000033 and no path such as /JPEGImages/2007_000033.jpg"
    #expect(fault("..") == "'..'" + advice)
    #expect(fault("../../etc/passwd") == "'../../etc/passwd'" + advice)
    #expect(fault("/JPEGImages/..") == "'/JPEGImages/..'" + advice)
    #expect(fault("a\u{1B}[2Jb") == "'a\u{FFFD}[2Jb'" + advice)
    #expect(fault(String(repeating: "a", count: 300)).hasSuffix("aaa…'" + advice))
    #expect(
      fault("/JPEGImages/a.jpg /Labels/b.png")
        == "'/Labels/b.png' are no labels of a, such as /SegmentationClassAug/a.png")
    #expect(
      fault("/JPEGImages/a.jpg /../a.png")
        == "'/../a.png' are no labels of a, such as /SegmentationClassAug/a.png")
  }
}
