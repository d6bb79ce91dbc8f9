import Foundation
import PACFiles
import PACTestSupport
import Testing

@Suite struct AtomicFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ text: String, to path: String) throws {
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }

  @Test func appearsOnCommitOnly() throws {
    let path = folder("out.h5")
    let file = try AtomicFile(path)
    try write("contents", to: file.temporaryPath)
    #expect(!FileManager.default.fileExists(atPath: path))
    try file.commit()
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "contents")
    #expect(try folder.names() == ["out.h5"])
  }

  @Test func replacesAndKeepsOnFailure() throws {
    let path = folder("out.h5")
    try Data("old".utf8).write(to: URL(fileURLWithPath: path))
    do {
      let file = try AtomicFile(path)
      try write("half", to: file.temporaryPath)
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    #expect(try folder.names() == ["out.h5"])
    let file = try AtomicFile(path)
    try write("new", to: file.temporaryPath)
    try file.commit()
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
  }

  @Test func leavesOthersAtWorkAlone() throws {
    let first = try AtomicFile(folder("out.h5"))
    let second = try AtomicFile(folder("out.h5"))
    let other = try AtomicFile(folder("out.h5x"))
    try write("1", to: first.temporaryPath)
    try write("2", to: second.temporaryPath)
    try write("3", to: other.temporaryPath)
    try first.commit()
    try second.commit()
    #expect(try String(contentsOfFile: folder("out.h5"), encoding: .utf8) == "2")
    try other.commit()
  }

  @Test func removesWhatAKilledProcessLeft() async throws {
    let path = "\(NSTemporaryDirectory())/pixel-adaptive-killed-\(UUID().uuidString)/out.h5"
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let file = try AtomicFile(path)
      try SystemFile(file.temporaryPath, for: .appending).write([1, 2, 3])
      kill(getpid(), SIGKILL)
    }
    let left = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(left.count == 1)
    #expect(left.first?.hasPrefix(".out.h5.partial-") == true)
    let file = try AtomicFile(path)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(names == [URL(fileURLWithPath: file.temporaryPath).lastPathComponent])
  }

  @Test func clearErrors() throws {
    func text(_ path: String) -> String {
      do {
        _ = try AtomicFile(path)
        return "no error"
      } catch {
        return "\(error)"
      }
    }
    let missing = folder("none/out.h5")
    #expect(
      text(missing)
        == "\(missing): there is no folder \(folder("none")); create it or name another")
    #expect(text(folder.path) == "\(folder.path): is a folder; name a file")
    let system = "/proc/out.h5"
    #expect(
      text(system)
        == "\(system): cannot write into the folder /proc (No such file or directory); check the "
        + "folder"
    )
  }
}
