import ArgumentParser
import Foundation
import PACBenchmarking
import PACText

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures speed: of typical work, of the sum over ranks, of whole steps.",
    subcommands: [
      BenchCasesCommand.self, BenchPosterCommand.self, BenchAllReduceCommand.self,
      BenchStepCommand.self,
    ],
    defaultSubcommand: BenchCasesCommand.self)
}

struct BenchCasesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cases",
    abstract: "Measures the speed of typical work; this is what pac bench does by itself.",
    discussion: """
      Each case runs in a process of its own. Columns: seconds of one run (median), useful operations a \
      second in 10⁹, the rate of OpenBLAS's matrix product measured beside it, their ratio, and the largest \
      resident memory in 2²⁰ bytes.
      """)

  @Argument(help: ArgumentHelp("Cases; all if none is named.", valueName: "case"))
  var cases: [String] = []

  @OptionGroup var measuring: CaseArguments

  @Flag(help: "Only name the cases.")
  var list = false

  @Flag(help: .hidden)
  var inThisProcess = false

  func validate() throws {
    let known = BenchmarkCase.all.map(\.name)
    if let unknown = cases.first(where: { !known.contains($0) }) {
      let guess = NearestWord.guess(for: unknown, among: known).map { "; did you mean '\($0)'?" }
      throw ValidationError("Unknown case '\(unknown)', pac bench --list names all\(guess ?? "")")
    }
  }

  func run() throws {
    let chosen =
      cases.isEmpty
      ? BenchmarkCase.all
      : cases.compactMap { name in BenchmarkCase.all.first { $0.name == name } }
    if list {
      let width = chosen.map(\.name.count).max() ?? 0
      for item in chosen { print(columns([(item.name, width + 1), (item.summary, 0)])) }
      return
    }
    if inThisProcess { return try measuring.measureHere(chosen) }
    let width = chosen.map(\.name.count).max() ?? 0
    if !measuring.json { print(row(Self.headings, width)) }
    for item in chosen {
      let result = try measuring.measureApart(item.name)
      print(measuring.json ? jsonLine(result) : row(cells(result), width))
    }
  }

  private static let headings = [
    "case", "threads", "seconds", "gflops", "sgemm_gflops", "fraction", "peak_mb",
  ]

  private func cells(_ result: BenchmarkResult) -> [String] {
    [
      result.name, "\(result.threads)", String(format: "%.4f", result.seconds),
      String(format: "%.1f", result.gflops), String(format: "%.1f", result.sgemmGflops),
      String(format: "%.2f", result.fraction), String(format: "%.0f", result.peakMegabytes),
    ]
  }

  /// A row of the table, whose first column is `width` wide.
  private func row(_ cells: [String], _ width: Int) -> String {
    columns(Array(zip(cells, [width, 7, 9, 8, 12, 8, 0])))
  }

  private func jsonLine(_ result: BenchmarkResult) -> String {
    JSONLine([
      ("case", result.name), ("threads", result.threads), ("seconds", result.seconds),
      ("gflops", result.gflops), ("sgemm_gflops", result.sgemmGflops),
      ("fraction", result.fraction), ("peak_mb", result.peakMegabytes),
    ]).text
  }
}
