import ArgumentParser
import Foundation
import PACBenchmarking
import PACDistributed
import PACText

struct BenchAllReduceCommand: RankedCommand {
  static let configuration = CommandConfiguration(
    commandName: "allreduce",
    abstract: "Compares the gradient all-reduce with MPI_Allreduce; run it under mpirun.",
    discussion: """
      Columns: ranks; floats per rank; the time of the repeatable all-reduce, of the one in \
      MPI's order (reduction: fastest) and of one MPI_Allreduce on the same buffer, in seconds \
      of the slowest rank (median); the ratio of the first to the last; and the bandwidth of the \
      repeatable all-reduce in GB/s, counting the bytes that a rank must send at least, \
      8 · floats · (ranks − 1) / ranks.
      """)

  @Option(help: "Vector lengths in floats, separated by commas.")
  var floats = "1000,10000,100000,1000000,10000000"

  @OptionGroup var measuring: MeasuringArguments

  private var counts: [Int?] { floats.split(separator: ",").map { Int($0) } }

  func validate() throws {
    guard !counts.isEmpty, counts.allSatisfy({ (1...1 << 30).contains($0 ?? 0) }) else {
      throw ValidationError(
        "Cannot use --floats \(floats), choose integers from 1 to 2³⁰, such as 1000,5000")
    }
  }

  func run() throws {
    try withRanks { communicator in
      let table = Table(
        ["ranks", "floats", "repeatable_s", "fastest_s", "mpi_s", "ratio", "gb_per_s"],
        json: measuring.json, isRankZero: communicator.isRankZero)
      for count in counts.compactMap({ $0 }) {
        let result = try measureAllReduce(
          count: count, communicator: communicator, repetitions: measuring.repetitions)
        table.add([
          .number(Double(result.ranks), "%.0f"), .number(Double(result.floats), "%.0f"),
          .number(result.repeatable, "%.6f"), .number(result.fastest, "%.6f"),
          .number(result.mpi, "%.6f"), .number(result.ratio, "%.3f"),
          .number(result.bytesPerSecond / 1e9, "%.3f"),
        ])
      }
    }
  }
}

struct BenchStepCommand: RankedCommand {
  static let configuration = CommandConfiguration(
    commandName: "step",
    abstract: "Measures how training steps scale from 1 to all ranks; run it under mpirun.",
    discussion: """
      Trains a network on random samples with 1, 2, 4, … and all ranks, first with a fixed \
      number of samples per rank (weak scaling), then with a fixed global batch (strong \
      scaling). Columns: the ranks that share a batch while the others idle; samples in the \
      batch; the time of a step, of a step whose reduction begins after the backward pass and \
      ends before the next step, and of a step without any reduction, in seconds of the slowest \
      rank (median); the efficiency relative to one rank (weak: t₁ / t; strong: \
      t₁ / (ranks · t)); and the fraction of the reduction that is hidden, where it can be told.
      """)

  @Argument(help: "Network to train: \(StepWorkload.all.map(\.name).joined(separator: ", ")).")
  var network = "upsample8"

  @Option(
    help: """
      Width and height of the samples in pixels (default: 256 for upsampling, 449 for \
      segmentation networks).
      """)
  var size: Int?

  @Option(help: "Samples per rank, for weak scaling (default: 1).")
  var perRank: Int?

  @Option(help: "Samples in the global batch, for strong scaling (default: one per rank).")
  var globalBatch: Int?

  @OptionGroup var measuring: MeasuringArguments

  func validate() throws {
    let names = StepWorkload.all.map(\.name)
    guard let workload else {
      let guess = NearestWord.guess(for: network, among: names).map { "; did you mean '\($0)'?" }
      throw ValidationError(
        "Unknown network '\(network)', choose one of \(names.joined(separator: ", "))\(guess ?? "")"
      )
    }
    let size = size ?? workload.size
    guard (1...4096).contains(size), size % workload.multiple == 0 else {
      throw ValidationError(
        "Cannot use size \(size), choose a multiple of \(workload.multiple) up to 4096")
    }
    guard (1...4096).contains(perRank ?? 1), (1...4096).contains(globalBatch ?? 1) else {
      throw ValidationError("Cannot use so many samples, choose from 1 to 4096")
    }
  }

  private var workload: StepWorkload? { StepWorkload.all.first { $0.name == network } }

  func run() throws {
    guard let workload else { return }
    try withRanks { communicator in
      let table = Table(
        [
          "scaling", "ranks", "samples", "seconds", "no_overlap_s", "no_reduction_s", "efficiency",
          "hidden",
        ], json: measuring.json, isRankZero: communicator.isRankZero)
      if perRank != nil || globalBatch == nil {
        try measure(workload, .weak(samplesPerRank: perRank ?? 1), communicator, into: table)
      }
      if globalBatch != nil || perRank == nil {
        let samples = globalBatch ?? communicator.worldSize
        try measure(workload, .strong(samples: samples), communicator, into: table)
      }
    }
  }

  private func measure(
    _ workload: StepWorkload, _ scaling: Scaling, _ communicator: Communicator, into table: Table
  ) throws {
    let results = try measureSteps(
      workload, size: size ?? workload.size, scaling: scaling, communicator: communicator,
      repetitions: measuring.repetitions)
    for result in results {
      let (name, ideal) =
        switch scaling {
        case .weak: ("weak", results[0].seconds)
        case .strong: ("strong", results[0].seconds / Double(result.ranks))
        }
      table.add([
        .text(name), .number(Double(result.ranks), "%.0f"),
        .number(Double(result.samples), "%.0f"), .number(result.seconds, "%.4f"),
        .number(result.secondsWithoutOverlap, "%.4f"), .number(result.secondsAlone, "%.4f"),
        .number(ideal / result.seconds, "%.3f"),
        .number(result.ranks > 1 ? result.hidden : nil, "%.2f"),
      ])
    }
  }
}

struct MeasuringArguments: ParsableArguments {
  @Option(help: "Timed runs of each variant; the variants alternate and the median is reported.")
  var repetitions = 11

  @Flag(help: "Print the rows as JSON, one object per line.")
  var json = false

  func validate() throws {
    guard (1...10_000).contains(repetitions) else {
      throw ValidationError("Cannot repeat \(repetitions) times, choose 1 to 10000")
    }
  }
}

/// Rows below a header, or JSON objects; rank 0 prints each as soon as it is added.
private struct Table {
  enum Cell {
    case text(String)
    /// A number and its format in the table; nil means unknown: a dash in the table, no member in
    /// the JSON object.
    case number(Double?, String)

    var text: String {
      switch self {
      case .text(let text): text
      case .number(let value, let format): value.map { String(format: format, $0) } ?? "-"
      }
    }

    var value: Any? {
      switch self {
      case .text(let text): text
      case .number(let value, _): value
      }
    }
  }

  let names: [String]
  let json: Bool
  let isRankZero: Bool

  init(_ names: [String], json: Bool, isRankZero: Bool) {
    self.names = names
    self.json = json
    self.isRankZero = isRankZero
    if isRankZero && !json { print(columns(names.map { ($0, width($0)) })) }
  }

  /// Prints a row.
  func add(_ cells: [Cell]) {
    guard isRankZero else { return }
    if json {
      print(JSONLine(zip(names, cells).map { ($0, $1.value) }).text)
    } else {
      print(columns(zip(names, cells).map { ($1.text, width($0)) }))
    }
  }

  private func width(_ name: String) -> Int { max(name.count, 10) }
}
