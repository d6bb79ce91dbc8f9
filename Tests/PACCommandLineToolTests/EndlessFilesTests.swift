import Foundation
import PACHDF5
import PACTestSupport
import Testing

/// Files that never end, given to every command: one line, soon.
@Suite struct EndlessFilesTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(
      Data("run: r\ndata: x\nmodel: Bilinear\nfactor: 4\nepochs: 1\n".utf8), as: "run.yaml")
  }

  private func error(_ arguments: [String], seconds: String? = nil) throws -> String {
    let result = try run(
      product("pac").path, arguments, environment: ["PAC_FIRST_LOOK": seconds],
      in: URL(fileURLWithPath: folder.path), timeout: 60)
    #expect(result.status == 1 && !result.timedOut, "\(result)")
    #expect(result.output.isEmpty, "\(result)")
    return result.errors
  }

  @Test(arguments: [
    "inspect FILE", "verify FILE", "prepare nyu FILE --out o.h5", "train FILE",
    "train run.yaml data=FILE", "evaluate run.yaml data=FILE",
    "weights convert FILE o.pth", "predict FILE --weights w --out o",
    "prepare labels --images . --labels . --classes FILE --out o.h5",
  ])
  func pipesAndDevices(_ command: String) throws {
    mkfifo(folder("pipe"), 0o600)
    for (file, kind) in [("pipe", "a pipe"), ("/dev/zero", "a device")] {
      let arguments = command.split(separator: " ").map {
        $0.replacingOccurrences(of: "FILE", with: file)
      }
      let text = try error(arguments)
      #expect(text.contains("\(file): is \(kind); name a file, since this may never end"))
      #expect(text.split(separator: "\n").count == 1, "\(text)")
    }
  }

  /// The heap of texts ends with an object without a size, which libhdf5 1.10 never gets past.
  @Test func aHeapWithoutEnd() throws {
    try folder.write(Self.endlessHeap(), as: "endless.h5")
    let expected =
      "error: endless.h5: reading its structure does not end within 1 s; the file is damaged; copy "
      + "or create it again, or set PAC_FIRST_LOOK=SECONDS to allow more\n"
    #expect(try error(["inspect", "endless.h5"], seconds: "1") == expected)
    #expect(try error(["verify", "endless.h5"], seconds: "1") == expected)
    #expect(
      try error(["evaluate", "run.yaml", "data=endless.h5"], seconds: "1") == expected)
    #expect(
      try error(["prepare", "nyu", "endless.h5", "--out", "o.h5"], seconds: "1") == expected)
  }

  /// What kills the process that looks, once or again, does not make the file a damaged one.
  @Test(arguments: [
    (1, "reading its structure does not end within 4 s; the file is damaged; copy or create it"),
    (
      2, "the process that looks at it first was killed twice; the host may be short of memory; try"
    ),
  ])
  func aLookThatIsKilled(times: Int, expected: String) throws {
    let path = try folder.write(Self.endlessHeap(), as: "endless.h5")
    let command = try RunningCommand(
      product("pac").path, ["inspect", path], environment: ["PAC_FIRST_LOOK": "4"], timeout: 60)
    var killed: Set<Int32> = []
    for _ in 0..<times {
      let isFound = eventually(within: 30) {
        let ours = ListedProcess.running("pac", with: path).map(\.identifier)
        let look = ListedProcess.running("pac", with: "look-at-hdf5").first {
          ours.contains($0.identifier) && !killed.contains($0.identifier)
        }
        guard let look else { return false }
        killed.insert(look.identifier)
        look.signal(SIGKILL)
        return true
      }
      try #require(isFound)
    }
    let result = try command.wait()
    #expect(
      result.status == 1 && result.errors.hasPrefix("error: \(path): \(expected)"), "\(result)")
  }

  /// An honest file is read under the tightest limit, and one pipe of a stranger's link ends, too.
  @Test func anHonestFile() throws {
    let result = try run(
      product("pac").path, ["verify", reference("Cases/crf.h5")],
      environment: ["PAC_FIRST_LOOK": "1"], timeout: 120)
    #expect(result.status == 0, "\(result)")
  }

  private static func endlessHeap() throws -> Data {
    let folder = try TemporaryFolder()
    let file = try HDF5File(creating: folder("a.h5"))
    try file.root.write(["a", "b", "c"], as: "texts")
    try file.root.setAttribute("format", "pac-cases")
    try file.close()
    var data = try Data(contentsOf: URL(fileURLWithPath: folder("a.h5")))
    var found = 0
    for start in data.indices where data[start...].starts(with: Data("GCOL".utf8)) {
      func size(at place: Int) -> Int {
        data[place..<place + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
      }
      // Signature, version and size; then objects of number, references and size, where the one of
      // number 0 is what is free.
      var place = start + 16
      while place + 16 <= start + size(at: start + 8), data[place] != 0 {
        place += 16 + (size(at: place + 8) + 7) / 8 * 8
      }
      data.replaceSubrange(place + 8..<place + 16, with: Data(count: 8))
      found += 1
    }
    guard found > 0 else { throw TestSupportError(description: "no heap") }
    return data
  }
}
