import ArgumentParser
import Benchmarking
import CPlatform
import Foundation
import Kernels
import Training

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures speed: of typical work, of the sum over ranks, of whole steps.",
    subcommands: [BenchCasesCommand.self, BenchAllReduceCommand.self, BenchStepCommand.self],
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

  @Option(help: "Threads; one a core if left out.")
  var threads: Int?

  @Option(help: "Timed runs of each case; their median counts.")
  var repetitions = 5

  @Flag(help: "Print one JSON object a line.")
  var json = false

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
    guard (1...1024).contains(threads ?? 1) else {
      throw ValidationError("Cannot use \(threads ?? 0) threads, choose 1 to 1024")
    }
    guard (1...10_000).contains(repetitions) else {
      throw ValidationError("Cannot repeat \(repetitions) times, choose 1 to 10000")
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
    try ProcessSetup.prepareAlone()
    let threads = threads ?? Threads.count
    if inThisProcess { return try measureHere(chosen, threads) }
    let width = chosen.map(\.name.count).max() ?? 0
    if !json { print(row(Self.headings, width)) }
    for item in chosen {
      let result = try measureApart(item.name, threads)
      print(json ? jsonLine(result) : row(cells(result), width))
    }
  }

  /// What the process of one case does.
  private func measureHere(_ chosen: [BenchmarkCase], _ threads: Int) throws {
    pac_end_with_parent()
    for item in chosen {
      let result = try measure(item, threads: threads, repetitions: repetitions)
      print(String(decoding: try JSONEncoder().encode(result), as: UTF8.self))
    }
  }

  /// Runs a case in a process of its own; what that one prints on standard error appears here.
  private func measureApart(_ name: String, _ threads: Int) throws -> BenchmarkResult {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [
      "bench", "cases", name, "--threads", "\(threads)", "--repetitions", "\(repetitions)",
      "--in-this-process",
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationReason == .exit else {
      throw BenchmarkError(
        description: "case \(name): signal \(process.terminationStatus) ended its process; "
          + "check that the memory suffices")
    }
    // It has said why.
    guard process.terminationStatus == 0 else { throw ExitCode(1) }
    return try JSONDecoder().decode(BenchmarkResult.self, from: output)
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

/// Why a case could not be measured.
private struct BenchmarkError: Error, CustomStringConvertible { let description: String }
