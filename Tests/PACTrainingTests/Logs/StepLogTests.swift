import Foundation
import PACTestSupport
import Testing

@testable import PACTraining

private let header =
  "step,epoch,lr,loss,gradient_norm,seconds,data_seconds,reduction_seconds,samples_per_second\n"

@Suite struct StepLogTests {
  let folder: TemporaryFolder
  var path: String { folder("steps.csv") }

  init() throws { folder = try TemporaryFolder() }

  private func text() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  private func row(_ step: Int, norm: Double? = 0.5) -> StepRow {
    StepRow(
      step: step, epoch: 1, learningRate: 1e-4, loss: 0.25, gradientNorm: norm, seconds: 0.5,
      secondsForData: 1e-7, secondsForReduction: 0.123_456_78, samples: 3)
  }

  @Test func rowsAreWrittenInTheirOrder() throws {
    let log = try StepLog(path, keepingThrough: 0)
    #expect(try text() == header)
    log.append(row(1))
    log.append(row(2, norm: nil))
    log.synchronize()
    #expect(
      try text() == header + "1,1,0.0001,0.25,0.5,0.5,0.0,0.123457,6.0\n"
        + "2,1,0.0001,0.25,,0.5,0.0,0.123457,6.0\n")
    for step in 3...2000 { log.append(row(step)) }
    try log.finish()
    let steps = try text().split(separator: "\n").dropFirst().map { $0.prefix { $0 != "," } }
    #expect(steps == (1...2000).map { "\($0)"[...] })
    #expect(log.takeNotes() == [])
  }

  @Test func resumingCutsLaterRows() throws {
    let log = try StepLog(path, keepingThrough: 0)
    for step in stride(from: 10, through: 40, by: 10) { log.append(row(step)) }
    try log.finish()
    let whole = try text().split(separator: "\n", omittingEmptySubsequences: false)
    let resumed = try StepLog(path, keepingThrough: 25)
    #expect(try text() == whole.prefix(3).joined(separator: "\n") + "\n")
    resumed.append(row(30))
    try resumed.finish()
    #expect(try text() == whole.prefix(4).joined(separator: "\n") + "\n")
    _ = try StepLog(path, keepingThrough: 0)
    #expect(try text() == header)
  }

  /// A crash while a row, or the header, was written leaves any first part of it.
  @Test func tornLinesAreRemoved() throws {
    let whole = header + row(1).text + row(2, norm: nil).text
    let ends = whole.utf8.enumerated().filter { $0.element == UInt8(ascii: "\n") }.map(\.offset)
    for length in 0...whole.utf8.count {
      try write(whole.utf8.prefix(length), to: path)
      _ = try StepLog(path, keepingThrough: 9)
      let last = max(ends.last { $0 < length } ?? 0, ends[0])
      #expect(try bytes(of: path) == Array(whole.utf8.prefix(last + 1)), "length \(length)")
    }
  }

  @Test(arguments: [
    ("step,loss\n1,2\n", ":1: expected the columns '\(header.dropLast())', found 'step,loss'; "),
    ("garbage", ":1: expected the columns '\(header.dropLast())', found 'garbage'; "),
    (header + "1,1\n", ":2: expected 9 numbers, found '1,1'; fix or remove the line"),
    (
      header + "1,1,x,1,1,1,1,1,1\n",
      ":2: expected 9 numbers, found '1,1,x,1,1,1,1,1,1'; fix or remove the line"
    ),
  ])
  func foreignFilesStayAsTheyAre(_ contents: String, _ expected: String) throws {
    try write(contents.utf8, to: path)
    #expect(message { _ = try StepLog(path, keepingThrough: 9) }.hasPrefix(path + expected))
    #expect(try text() == contents)
  }

  /// A file without line ends is not read into memory as one line.
  @Test func endlessLinesAreRefused() throws {
    try write([UInt8](repeating: 0x61, count: 1 << 22), to: path)
    let text = message { _ = try StepLog(path, keepingThrough: 9) }
    #expect(text.hasPrefix("\(path):1: expected the columns "))
  }

  /// Rows wait for room, and are all there once there is some.
  @Test func aFullDiskDelaysRows() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let path = folder("steps.csv")
      func row(_ step: Int) -> StepRow {
        StepRow(
          step: step, epoch: 1, learningRate: 1, loss: 1, gradientNorm: nil, seconds: 1,
          secondsForData: 0, secondsForReduction: 0, samples: 1)
      }
      func limit(_ bytes: UInt) {
        var limit = rlimit(rlim_cur: bytes, rlim_max: .max)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      }
      signal(SIGXFSZ, SIG_IGN)
      let log = try StepLog(path, keepingThrough: 0)
      limit(110)
      for step in 1...3 {
        log.append(row(step))
        log.synchronize()
      }
      try log.check()
      let advice = "check the file and the free disk space"
      #expect(
        log.takeNotes() == [
          "\(path): cannot write (File too large); \(advice); its rows wait until it can be written"
        ])
      #expect(
        message { try log.finish(pause: 0) } == "\(path): cannot write (File too large); \(advice)")
      limit(.max)
      log.append(row(4))
      try log.finish(pause: 0)
      let steps = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        .dropFirst().map { $0.prefix { $0 != "," } }
      #expect(steps == ["1", "2", "3", "4"])
    }
  }

  @Test func aLostFolderEndsTheLog() throws {
    let log = try StepLog(
      path, keepingThrough: 0,
      confirming: { throw TrainingError.runFolder(path: "runs/a", problem: "taken over") })
    log.append(row(1))
    log.synchronize()
    #expect(message { try log.check() } == "runs/a: taken over")
    #expect(try text() == header)
  }
}
