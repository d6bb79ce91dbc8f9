import ArgumentParser
import Foundation
import PACBenchmarking
import PACText

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures speed: of typical workloads, of the all-reduce, of training steps.",
    subcommands: [
      BenchCasesCommand.self, BenchPosterCommand.self, BenchAllReduceCommand.self,
      BenchStepCommand.self,
    ],
    defaultSubcommand: BenchCasesCommand.self)
}

struct BenchCasesCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "cases",
    abstract: "Measures the speed of typical workloads; plain pac bench runs this command.",
    discussion: """
      Each case runs in its own process. Columns: the median time of one run in seconds; useful \
      operations per second, in GFLOP/s; the rate of OpenBLAS's sgemm, measured next to it; the \
      ratio of the two; and peak resident memory in MiB.
      """)

  @Argument(
    help: ArgumentHelp("Cases to run, such as upsample8 (default: all).", valueName: "case"))
  var cases: [String] = []

  @OptionGroup var measuring: CaseArguments

  @Flag(help: "List the cases instead of running them.")
  var list = false

  @Flag(help: .hidden)
  var inThisProcess = false

  func validate() throws {
    let known = BenchmarkCase.all.map(\.name)
    if let unknown = cases.first(where: { !known.contains($0) }) {
      let guess = NearestWord.guess(for: unknown, among: known).map { "; did you mean '\($0)'?" }
      throw ValidationError(
        "Unknown case '\(unknown)', pac bench --list shows all of them\(guess ?? "")")
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
    "case", "threads", "seconds", "gflops", "sgemm_gflops", "fraction", "peak_mb", "faults",
  ]

  private func cells(_ result: BenchmarkResult) -> [String] {
    [
      result.name, "\(result.threads)", String(format: "%.4f", result.seconds),
      String(format: "%.1f", result.gflops), String(format: "%.1f", result.sgemmGflops),
      String(format: "%.2f", result.fraction), String(format: "%.0f", result.peakMegabytes),
      String(format: "%.0f", result.pageFaults),
    ]
  }

  /// A row of the table, whose first column is `width` wide.
  private func row(_ cells: [String], _ width: Int) -> String {
    columns(Array(zip(cells, [width, 7, 9, 8, 12, 8, 7, 0])))
  }

  private func jsonLine(_ result: BenchmarkResult) -> String {
    JSONLine([
      ("case", result.name), ("threads", result.threads), ("seconds", result.seconds),
      ("gflops", result.gflops), ("sgemm_gflops", result.sgemmGflops),
      ("fraction", result.fraction), ("peak_mb", result.peakMegabytes),
      ("faults", result.pageFaults),
    ]).text
  }
}
