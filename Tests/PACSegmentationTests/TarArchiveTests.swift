import Foundation
import PACData
import PACTestSupport
import PACTraining
import Testing

@testable import PACSegmentation

@Suite struct TarArchiveTests {
  @Test func tarUnpacksIt() throws {
    let folder = try TemporaryFolder()
    let files: [(name: String, bytes: [UInt8])] = [
      ("results/VOC2012/Segmentation/comp6_test_cls/a.png", (0..<1300).map { UInt8($0 % 251) }),
      ("b", []), ("c", [UInt8](repeating: 7, count: 512)),
      (String(repeating: "n", count: 100), [1]),
      ("long/\(String(repeating: "f", count: 145))/\(String(repeating: "ö", count: 50))", [2]),
    ]
    func write(_ name: String) throws {
      let archive = try TarArchive(folder(name))
      for file in files { try archive.add(file.bytes, as: file.name) }
      try archive.close()
    }
    try write("x.tgz")
    try write("y.tgz")
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: folder("x.tgz")))
        == Data(contentsOf: URL(fileURLWithPath: folder("y.tgz"))))
    let listed = try run(
      "tar", ["--quoting-style=literal", "-tzf", folder("x.tgz")], timeout: 20)
    #expect(listed.output == files.map { $0.name + "\n" }.joined())
    _ = try run("tar", ["xzf", folder("x.tgz"), "-C", folder.path], timeout: 20)
    for file in files {
      #expect(FileManager.default.contents(atPath: folder(file.name)) == Data(file.bytes))
    }
  }

  @Test func failuresLeaveNothing() throws {
    let folder = try TemporaryFolder()
    #expect(throws: TrainingError.self) { try TarArchive(folder("none/x.tgz")) }
    do {
      let archive = try TarArchive(folder("x.tgz"))
      let part = String(repeating: "n", count: 101)
      for name in [part, "a/\(part)", "/\(part.dropLast())", "\(part)\(part)/a"] {
        #expect(throws: TrainingError.self) { try archive.add([1], as: name) }
      }
    }
    #expect(try folder.names().isEmpty)
  }
}
