import Foundation
import PACTestSupport
import Testing

@testable import PACTraining

private let columns = ["epoch", "lr", "loss", "rmse"]

@Suite struct CSVLogTests {
  let folder: TemporaryFolder
  var path: String { folder("train.log") }

  init() throws { folder = try TemporaryFolder() }

  private func text() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  private func open(through epoch: Int?) throws -> CSVLog {
    try CSVLog(path, columns: columns, keepingThrough: epoch)
  }

  @Test func growsRowByRow() throws {
    let log = try open(through: nil)
    #expect(try text() == "epoch,lr,loss,rmse\n")
    try log.append(at: 0, [1e-4, 0.25, 12.5])
    #expect(try text() == "epoch,lr,loss,rmse\n0,0.0001,0.25,12.5\n")
    try log.append(at: 1, [1e-5, .nan, .infinity])
    #expect(try text().hasSuffix("\n1,1e-05,nan,inf\n"))
    #expect(try folder.names() == ["train.log"])
  }

  @Test func numbersReadBackToTheSameBits() throws {
    let seed = UInt64.random(in: 0...(.max))
    var random = SeededGenerator(seed: seed)
    var values: [Double] = [0, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0.1 + 0.2]
    while values.count < 1000 {
      let value = Double(bitPattern: random.next())
      if value.isFinite { values.append(value) }
    }
    let log = try CSVLog(path, columns: ["epoch", "loss"], keepingThrough: nil)
    for (epoch, value) in values.enumerated() { try log.append(at: epoch, [value]) }
    let read = try text().split(separator: "\n").dropFirst().map { line in
      line.split(separator: ",").last.flatMap { Double($0) }?.bitPattern
    }
    #expect(read == values.map(\.bitPattern), "seed \(seed)")
  }

  @Test func resumingCutsLaterRows() throws {
    let log = try open(through: nil)
    for epoch in 0..<4 { try log.append(at: epoch, [1, 2, 3]) }
    let resumed = try open(through: 1)
    #expect(try text() == "epoch,lr,loss,rmse\n0,1.0,2.0,3.0\n1,1.0,2.0,3.0\n")
    try resumed.append(at: 2, [4, 5, 6])
    #expect(try text().hasSuffix("\n1,1.0,2.0,3.0\n2,4.0,5.0,6.0\n"))
    _ = try open(through: nil)
    #expect(try text() == "epoch,lr,loss,rmse\n")
    #expect(try folder.names() == ["train.log"])
  }

  @Test func anUntouchedLogKeepsItsFile() throws {
    try open(through: nil).append(at: 0, [1, 2, 3])
    let before = try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
    _ = try open(through: 0)
    let after = try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
    #expect(before == after)
  }

  /// A crash while a row, or the header, was written leaves any first part of it.
  @Test func tornLinesAreRemoved() throws {
    let whole = "epoch,lr,loss,rmse\n0,1.0,2.0,3.0\n1,1.0,2.0,3.0\n"
    let ends = whole.utf8.enumerated().filter { $0.element == UInt8(ascii: "\n") }.map(\.offset)
    for length in 0...whole.utf8.count {
      try write(whole.utf8.prefix(length), to: path)
      _ = try open(through: 9)
      let last = max(ends.last { $0 < length } ?? 0, ends[0])
      #expect(try bytes(of: path) == Array(whole.utf8.prefix(last + 1)), "length \(length)")
    }
  }

  @Test(arguments: [
    (
      "epoch,loss,rmse\n",
      ":1: expected the columns 'epoch,lr,loss,rmse', found 'epoch,loss,rmse'; remove the file or choose another run folder"
    ),
    (
      "garbage",
      ":1: expected the columns 'epoch,lr,loss,rmse', found 'garbage'; remove the file or choose another run folder"
    ),
    (
      "epoch,lr,loss,rmse\n0,1,2\n1,1,2,3\n",
      ":2: expected 4 numbers, found '0,1,2'; fix or remove the line"
    ),
    (
      "epoch,lr,loss,rmse\n0,1,2,3\n1,1,x,3\n",
      ":3: expected 4 numbers, found '1,1,x,3'; fix or remove the line"
    ),
  ])
  func foreignFilesStayAsTheyAre(_ contents: String, _ expected: String) throws {
    try write(contents.utf8, to: path)
    #expect(message { try open(through: 0) } == path + expected)
    #expect(try text() == contents)
  }

  @Test func placesThatCannotBeWritten() {
    let missing = folder("none/train.log")
    #expect(
      message { try CSVLog(missing, columns: columns, keepingThrough: nil) }
        == "\(missing): there is no folder \(folder("none"))")
    #expect(
      message { try CSVLog(folder.path, columns: columns, keepingThrough: nil) }
        == "\(folder.path): cannot read (Is a directory); check the file and the free disk space")
  }

  @Test func fullDisk() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let log = try CSVLog(folder("a.log"), columns: ["epoch", "loss"], keepingThrough: nil)
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 13, rlim_max: 13)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      let text = message { try log.append(at: 0, [0.5]) }
      let advice = "check the file and the free disk space"
      #expect(text == "\(folder("a.log")): cannot write (File too large); \(advice)")
    }
  }
}
