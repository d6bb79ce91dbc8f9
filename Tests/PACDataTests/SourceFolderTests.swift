import Foundation
import PACTestSupport
import Testing

@testable import PACData

/// Folders that hold something else than expected, and what is no folder.
@Suite struct SourceFolderTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ names: String...) throws {
    for name in names { try folder.write(Data("x".utf8), as: "d/\(name)") }
  }

  /// Unix paths without the folder of the test.
  private func short(_ text: String) -> String { text.replacing(folder.path, with: "T") }

  private func lacking() throws -> String {
    short("\(try SourceFolder(folder("d")).lacks("depth maps (.png)"))")
  }

  @Test func whatIsThereIsNamed() throws {
    let none = "T/d: no depth maps (.png); "
    try FileManager.default.createDirectory(
      atPath: folder("d"), withIntermediateDirectories: true)
    #expect(try lacking() == none + "the folder is empty; name another folder")
    try write("a.exr", "b.EXR", "c.exr", "notes.txt", ".hidden.png")
    #expect(try lacking() == none + "found 3 .exr, 1 .txt; convert them, or name another folder")
    try write("train/a.png")
    #expect(
      try lacking()
        == none + "found 3 .exr, 1 .txt and the folders train; convert them, or name another folder"
    )
    try write("frames.h5")
    #expect(
      try lacking().hasSuffix(
        "; frames in .h5 files are prepared with 'pac prepare fastdepth T/d --out FILE'"))
    try write("all.zip")
    #expect(try lacking().hasSuffix("; unpack the archives there"))
  }

  @Test func namesThatAreNoLineAreRefused() throws {
    try write("a\nb.png")
    #expect(
      short(message { _ = try SourceFolder(folder("d")).files(["png"]) })
        == "T/d: the file name 'a\u{FFFD}b.png' is not one line of text; rename the file")
    #expect(try SourceFolder(folder("d")).files(["jpg"]) == [])
  }

  @Test(
    arguments: [
      ("voc.zip", [0x50, 0x4B, 3, 4], "unzip"), ("a.tgz", [0x1F, 0x8B, 8], "tar -xf"),
      ("a.tar.gz", [0x1F, 0x8B, 8], "tar -xf"), ("a.gz", [0x1F, 0x8B, 8], "gunzip"),
      ("a.rar", [0x52, 0x61, 0x72, 0x21], "unrar x"),
      ("a.7z", [0x37, 0x7A, 0xBC, 0xAF], "7z x"),
    ] as [(String, [UInt8], String)])
  func archivesAreUnpacked(_ name: String, _ start: [UInt8], command: String) throws {
    let path = try folder.write(Data(start + [0, 0, 0, 0]), as: name)
    let expected =
      "T/\(name): is an archive; unpack it with '\(command) T/\(name)' and name the unpacked "
    #expect(short(message { _ = try SourceFolder(path) }) == expected + "folder")
    #expect(
      short(message { try prepareVOC(from: path, to: folder("o.h5")) }) == expected + "folder")
    #expect(
      short(message { try prepareSintel(from: path, to: folder("o.h5")) }) == expected + "folder")
    #expect(short(message { try prepareNYU(from: path, to: folder("o.h5")) }) == expected + "file")
  }

  @Test func tarsAndFiles() throws {
    var tar = [UInt8](repeating: 0, count: 1024)
    tar.replaceSubrange(257..<262, with: Array("ustar".utf8))
    let path = try folder.write(Data(tar), as: "my data.tar")
    #expect(
      short(message { _ = try SourceFolder(path) })
        == "T/my data.tar: is an archive; unpack it with 'tar -xf \"T/my data.tar\"' and name the "
        + "unpacked folder")
    try write("a.txt")
    #expect(
      short(message { _ = try SourceFolder(folder("d/a.txt")) })
        == "T/d/a.txt: is a file; name the folder that holds the data")
    #expect(
      short(message { _ = try SourceFolder(folder("none")) })
        == "T/none: no such folder; check the path")
  }
}
