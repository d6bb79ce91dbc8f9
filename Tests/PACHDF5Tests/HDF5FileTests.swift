import Foundation
import PACHDF5
import PACTestSupport
import Testing

@Suite struct HDF5FileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func missingFile() {
    let path = folder("none.h5")
    #expect(
      message { _ = try HDF5File(reading: path) } == "\(path): no such file; check the path")
  }

  @Test func folderInsteadOfFile() {
    #expect(
      message { _ = try HDF5File(reading: folder.path) }
        == "\(folder.path): is a folder; name a file")
  }

  @Test(arguments: [Data(), Data("plain text".utf8), Data(repeating: 7, count: 5000)])
  func foreignFile(_ contents: Data) throws {
    let path = folder("foreign.h5")
    try contents.write(to: URL(fileURLWithPath: path))
    let expected =
      contents.isEmpty
      ? "\(path): the file is empty; copy or create it again"
      : "\(path): not an HDF5 file; name an HDF5 file"
    #expect(message { _ = try HDF5File(reading: path) } == expected)
  }

  @Test(arguments: [20, 96, 500, 2000, 40_000])
  func truncatedFile(_ length: Int) throws {
    let path = folder("cut.h5")
    let file = try HDF5File(creating: path)
    try file.root.write([Float](repeating: 1, count: 20_000), shape: [20_000], as: "values")
    try file.close()
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    try #require(whole.count > length)
    try whole.prefix(length).write(to: URL(fileURLWithPath: path))
    let text = message { _ = try HDF5File(reading: path) }
    #expect(text.hasPrefix("\(path): "), "\(text)")
    #expect(!text.contains("\n"), "\(text)")
    let known = text.contains("the file is truncated") || text.contains("cannot open it as HDF5")
    #expect(known, "\(text)")
  }

  @Test func unwritableFolder() {
    let path = folder("none/file.h5")
    #expect(
      message { _ = try HDF5File(creating: path) }
        == "\(path): cannot create the file (No such file or directory); check the file and its "
        + "folder"
    )
  }

  @Test func closedFileRefuses() throws {
    let file = try HDF5File(creating: folder("closed.h5"))
    let dataset = try file.root.write([1.0, 2.0], shape: [2], as: "values")
    try file.close()
    try file.close()
    #expect(throws: HDF5Error.self) { try dataset.read(Double.self) }
    #expect(throws: HDF5Error.self) { try file.root.names() }
  }

  @Test func datasetKeepsItsFileOpen() throws {
    let path = folder("alive.h5")
    let writer = try HDF5File(creating: path)
    try writer.root.write([1, 2, 3], shape: [3], as: "values")
    try writer.close()
    let dataset = try HDF5File(reading: path).root.dataset("values")
    #expect(try dataset.read(Int.self) == [1, 2, 3])
  }

  @Test func sameContentsGiveTheSameBytes() throws {
    for name in ["a.h5", "b.h5"] {
      let file = try HDF5File(creating: folder(name))
      try file.root.write([1, 2, 3], shape: [3], as: "group/values", compression: 4)
      try file.root.setAttribute("text", "äöü")
      try file.close()
    }
    let first = try Data(contentsOf: URL(fileURLWithPath: folder("a.h5")))
    #expect(try first == Data(contentsOf: URL(fileURLWithPath: folder("b.h5"))))
  }

  @Test func threadsReadAndWriteAtOnce() async throws {
    let folder = folder
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<8 {
        group.addTask {
          for round in 0..<20 {
            let path = folder("thread-\(worker)-\(round).h5")
            let file = try HDF5File(creating: path)
            let values = (0..<500).map { Float($0 * (worker + 1)) }
            try file.root.write(values, shape: [500], as: "values")
            try file.close()
            let back = try HDF5File(reading: path).root.dataset("values").read(Float.self)
            #expect(back == values)
            #expect(throws: HDF5Error.self) { try HDF5File(reading: path).root.dataset("none") }
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func fullDisk() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 200_000, rlim_max: 200_000)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      var text = "no error"
      do {
        let file = try HDF5File(creating: folder("big.h5"))
        let values = [Float](repeating: 1, count: 100_000)
        try file.root.write(values, shape: [100_000], as: "values")
        try file.close()
      } catch {
        text = "\(error)"
      }
      #expect(try HDF5File(creating: folder("small.h5")).root.names() == [])
      let place = "\(folder("big.h5")), /values: "
      let expected =
        "\(place)cannot write (File too large); check the free disk space and the quota"
      #expect(text == expected)
    }
  }

  @Test func fullDiskWhileABlockIsStillHeld() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 200_000, rlim_max: .max)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      var text = "no error"
      do {
        let file = try HDF5File(creating: folder("big.h5"))
        let values = [Float](repeating: 1, count: 100_000)
        try file.root.write(values, shape: [100_000], as: "values", chunk: [50_000])
        limit.rlim_cur = .max
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        try file.close()
      } catch {
        text = "\(error)"
      }
      #expect(text.hasPrefix("\(folder("big.h5")): cannot write the file"), "\(text)")
    }
  }

  @Test func fullDiskOnClosing() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 3000, rlim_max: 3000)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      var text = "no error"
      do {
        let file = try HDF5File(creating: folder("big.h5"))
        for index in 0..<100 { try file.root.setAttribute("number \(index)", index) }
        try file.close()
      } catch {
        text = "\(error)"
      }
      let expected = "\(folder("big.h5")): cannot write the file (File too large); "
      #expect(text.hasPrefix(expected), "\(text)")
    }
  }
}
