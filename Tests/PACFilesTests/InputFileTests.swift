import Foundation
import PACFiles
import PACTestSupport
import Testing

/// Files that never end are refused before they are opened.
@Suite struct InputFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func regularFilesAreRead() throws {
    try folder.write(Data("abc".utf8), as: "file")
    #expect(try InputFile.check(folder("file")) == 3)
    try FileManager.default.createSymbolicLink(
      atPath: folder("link"), withDestinationPath: folder("file"))
    #expect(try InputFile.contents(of: folder("link")) == Array("abc".utf8))
  }

  @Test func othersAreNamed() throws {
    mkfifo(folder("pipe"), 0o600)
    try listen(at: folder("socket"))
    try FileManager.default.createSymbolicLink(
      atPath: folder("loop"), withDestinationPath: folder("loop"))
    try folder.write(Data(), as: "file")
    let advice = "name a file, since this may never end"
    #expect(problem(folder("none")) == "no such file; check the path")
    #expect(problem(folder.path) == "is a folder; name a file")
    #expect(problem(folder("pipe")) == "is a pipe; \(advice)")
    #expect(problem(folder("socket")) == "is a socket; \(advice)")
    #expect(problem("/dev/zero") == "is a device; \(advice)")
    #expect(
      problem(folder("loop"))
        == "cannot open the file (Too many levels of symbolic links); check the path")
    #expect(
      problem(folder("file/inside")) == "no such file; check the path")
  }

  /// Permissions do not stop root, so the test gives up being root.
  @Test func permissionsAreNotAMissingFile() async throws {
    let inside = folder("closed/file")
    try FileManager.default.createDirectory(
      atPath: folder("closed"), withIntermediateDirectories: true)
    try Data("abc".utf8).write(to: URL(fileURLWithPath: inside))
    chmod(folder("closed"), 0)
    defer { chmod(folder("closed"), 0o700) }
    await #expect(processExitsWith: .success) { [inside = inside as String] in
      if getuid() == 0 { setuid(65_534) }
      let advice = "check its permissions and those of its folders"
      #expect(problem(inside) == "cannot open the file (Permission denied); \(advice)")
    }
  }

  @Test func checksumsDoNotReadPipes() throws {
    mkfifo(folder("pipe"), 0o600)
    let error = #expect(throws: SystemFile.Failure.self) {
      try SystemFile(folder("pipe"), for: .reading)
    }
    #expect(error?.description == "is a pipe, not a file")
  }

  private func listen(at path: String) throws {
    let socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    try #require(path.utf8.count < MemoryLayout.size(ofValue: address.sun_path))
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(status == 0)
  }
}

private func problem(_ path: String) -> String {
  do throws(InputFile.Problem) {
    try InputFile.check(path)
    return "no error"
  } catch {
    return "\(error)"
  }
}
