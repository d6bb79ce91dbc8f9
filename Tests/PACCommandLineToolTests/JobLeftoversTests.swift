import Foundation
import PACTestSupport
import Testing

@testable import PACCommandLineTool

@Suite struct JobLeftoversTests {
  private let folder: TemporaryFolder
  private let leftovers: JobLeftovers

  init() throws {
    folder = try TemporaryFolder()
    for name in ["shm", "tmp"] {
      try FileManager.default.createDirectory(
        atPath: folder(name), withIntermediateDirectories: true)
    }
    leftovers = JobLeftovers(
      sharedMemory: folder("shm"), temporary: folder("tmp"), host: "node7.cluster", user: geteuid())
  }

  private func makeOld(_ path: String) throws {
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -120)], ofItemAtPath: path)
  }

  private func segment(_ name: String, isOld: Bool = true) throws -> String {
    let path = try folder.write(Data(count: 4096), as: "shm/\(name)")
    if isOld { try makeOld(path) }
    return path
  }

  @Test func removesOnlyDeadSegmentsOfThisHost() throws {
    _ = try segment("vader_segment.node7.0.41670001.0")
    _ = try segment("vader_segment.node7.0.41670001.1", isOld: false)
    _ = try segment("vader_segment.node70.0.41670001.0")
    _ = try segment("other")
    let used = try segment("vader_segment.node7.0.5a4e0001.0")
    let file = open(used, O_RDWR)
    let memory = mmap(nil, 4096, PROT_READ, MAP_SHARED, file, 0)
    close(file)
    defer { munmap(memory, 4096) }
    leftovers.remove()
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder("shm")).sorted() == [
        "other", "vader_segment.node7.0.41670001.1", "vader_segment.node7.0.5a4e0001.0",
        "vader_segment.node70.0.41670001.0",
      ])
  }

  @Test func removesOnlySessionsOfDeadLaunchers() throws {
    let sessions = "tmp/ompi.node7.\(geteuid())"
    let ended = Process()
    ended.executableURL = URL(fileURLWithPath: "/bin/true")
    try ended.run()
    ended.waitUntilExit()
    let (dead, alive) = ("pid.\(ended.processIdentifier)", "pid.\(getpid())")
    for name in [dead, alive, "pid.x", "jf.1"] {
      try folder.write(Data(), as: "\(sessions)/\(name)/1/0/file")
      try makeOld(folder("\(sessions)/\(name)"))
    }
    // Somebody else's folder behind a link.
    try folder.write(Data(), as: "precious/file")
    try FileManager.default.createSymbolicLink(
      atPath: folder("\(sessions)/pid.999999999"), withDestinationPath: folder("precious"))
    leftovers.remove()
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder(sessions)).sorted()
        == ["jf.1", alive, "pid.999999999", "pid.x"].sorted())
    #expect(FileManager.default.fileExists(atPath: folder("precious/file")))
  }
}
