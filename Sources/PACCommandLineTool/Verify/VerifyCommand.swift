import ArgumentParser
import PACVerification

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Runs case files and compares every array with what is expected.",
    discussion: """
      A row for each case with its worst error relative to the largest expected number, and the array it occurs in. \
      The exit status is 0 only if no case failed; skipped cases are those this version does not compute.
      """)

  @Argument(help: "HDF5 files of cases.")
  var files: [String]

  @Flag(help: "Print one JSON object a line.")
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
      [(result.outcome.rawValue, 8), (result.name, 30), (error, 9), (result.detail, 0)])
  }

  private func jsonLine(_ result: CaseResult) -> String {
    JSONLine([
      ("file", result.file), ("case", result.name), ("op", result.operation),
      ("outcome", result.outcome.rawValue), ("error", result.worstError),
      ("tolerance", result.tolerance), ("detail", result.detail),
    ]).text
  }
}
