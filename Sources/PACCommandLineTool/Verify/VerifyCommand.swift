import ArgumentParser
import PACFiles
import PACVerification

struct VerifyCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Runs test cases from files and compares every array with the expected one.",
    discussion: """
      Prints a row for each case with its worst error, relative to the largest expected value, \
      and the array in which it occurs. The exit status is 0 only if no case failed. Cases that \
      this version cannot compute are skipped.
      """)

  @Argument(help: "HDF5 case files, see docs/case-format.md.")
  var files: [String]

  @Flag(help: "Print the rows as JSON, one object per line.")
  var json = false

  func run() throws {
    var counts: [CaseResult.Outcome: Int] = [:]
    for file in files {
      try runCases(of: file) { result in
        counts[result.outcome, default: 0] += 1
        print(json ? jsonLine(result) : row(result))
      }
    }
    let (passed, failed, skipped) = (
      counts[.passed, default: 0], counts[.failed, default: 0], counts[.skipped, default: 0]
    )
    if json {
      print(JSONLine([("passed", passed), ("failed", failed), ("skipped", skipped)]).text)
    } else {
      print("\(passed) passed, \(failed) failed, \(skipped) skipped")
    }
    if failed > 0 { throw ExitCode(1) }
  }

  private func row(_ result: CaseResult) -> String {
    let error = result.worstError.map { scientific($0) } ?? "-"
    return columns(
      [
        (result.outcome.rawValue, 8), (shown(result.name), 30), (error, 9),
        (shown(result.detail, most: 400), 0),
      ])
  }

  private func jsonLine(_ result: CaseResult) -> String {
    JSONLine([
      ("file", result.file), ("case", result.name), ("op", result.operation),
      ("outcome", result.outcome.rawValue), ("error", result.worstError),
      ("tolerance", result.tolerance), ("detail", result.detail),
    ]).text
  }
}
