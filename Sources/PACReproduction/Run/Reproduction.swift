import Foundation
import PACCheckpoints
import PACData
import PACTraining

/// Brings a table from where it is to its end: trains, evaluates and draws what is missing.
///
/// All state is in files of the folder `out`: run folders in `runs`, evaluations in `records`, the
/// output of commands in `logs`, pictures in `pictures`, and what they took in `seconds.json`. So
/// it can be ended at any moment and started again.
public final class Reproduction {
  /// The program and the host, for the manifest.
  public struct Program: Sendable {
    let version: String
    let checksum: String
    let arithmetic: Arithmetic

    /// Describes them.
    public init(version: String, checksum: String, arithmetic: Arithmetic) {
      (self.version, self.checksum, self.arithmetic) = (version, checksum, arithmetic)
    }
  }

  /// How it ended.
  public struct Outcome: Sendable {
    /// The table, with holes where something failed; nil if it was stopped.
    public let table: ResultTable?
    /// What it was computed from and with; nil if it was stopped.
    public let manifest: Manifest?
    /// The signal that stopped it; nil if none did.
    public let signal: String?
    /// Why parts failed.
    public let failures: [String]
    /// Whether all of these may succeed when it is called again.
    public let mayContinue: Bool
  }

  private let request: ReproductionRequest
  private let plan: ReproductionPlan
  private let tasks: TaskList
  private let launcher: JobLauncher
  private let program: Program
  private let pictures: Int
  private let report: (String) -> Void
  private let lock: FolderLock
  private var seconds: [String: Double]

  /// Makes the folder and locks it.
  /// - Parameters:
  ///   - request: what is asked for.
  ///   - plan: its plan.
  ///   - tasks: the tasks that it was made for.
  ///   - launcher: how jobs are started.
  ///   - program: this program.
  ///   - pictures: the number of samples that are drawn; 0 for none.
  ///   - report: prints a line.
  /// - Throws: `ReproductionError` if the folder cannot be written, or another call works in it.
  public init(
    _ request: ReproductionRequest, plan: ReproductionPlan, tasks: TaskList,
    launcher: JobLauncher, program: Program, pictures: Int, report: @escaping (String) -> Void
  ) throws {
    self.request = request
    self.plan = plan
    self.tasks = tasks
    self.launcher = launcher
    self.program = program
    self.pictures = pictures
    self.report = report
    for folder in ["logs", "records", "runs"] {
      // The lock reports if this fails.
      try? FileManager.default.createDirectory(
        atPath: "\(request.out)/\(folder)", withIntermediateDirectories: true)
    }
    lock = try FolderLock(request.out, waiting: 60, report: report)
    seconds =
      FileManager.default.contents(atPath: "\(request.out)/seconds.json")
      .flatMap { try? JSONDecoder().decode([String: Double].self, from: $0) } ?? [:]
  }

  /// Does what is missing, several jobs at once as far as there are slots.
  /// - Parameter preparation: the arguments of `pac` that make the dataset; nil if it is there.
  /// - Returns: how it ended.
  /// - Throws: an error that concerns all of the table, such as a run folder of another run.
  /// - Precondition: `StopSignals.terminal` is held.
  public func run(preparing preparation: [String]?) throws -> Outcome {
    for training in plan.trainings { _ = try training.configuration.runState() }
    let scheduler = JobScheduler(
      launcher, logs: "\(request.out)/logs", report: report,
      ended: { [self] name, time in
        seconds[name, default: 0] += time
        try writeAtomically(
          String(decoding: try encoded(seconds), as: UTF8.self), to: "\(request.out)/seconds.json")
      })
    if let preparation {
      try scheduler.run([
        Job(
          name: "prepare", after: [], isRanked: false, arguments: { preparation },
          complete: { _ in })
      ])
      if let reason = scheduler.outcomes["prepare"]?.reason { throw ReproductionError(reason) }
    }
    if scheduler.signal == nil {
      let dataset = try DatasetReader(plan.data)
      try scheduler.run(
        plan.trainings.map(train) + networks.map { evaluate($0, dataset.fingerprint) }
          + (pictures > 0 ? drawings(scheduler) : []))
      if scheduler.signal == nil { return try finish(dataset, scheduler.outcomes) }
    }
    return Outcome(
      table: nil, manifest: nil, signal: scheduler.signal, failures: [], mayContinue: true)
  }

  /// The networks that can be evaluated.
  private var networks: [PlannedNetwork] { plan.networks.filter { $0.problem == nil } }

  // MARK: - Jobs

  private func train(_ training: PlannedTraining) -> Job {
    Job(
      name: "train \(training.name)", after: training.previous.map { ["train \($0)"] } ?? [],
      arguments: {
        if let state = try training.configuration.runState(), state.isFinished { return nil }
        return ["train", training.recipe] + training.overrides
      },
      complete: { _ in
        guard let state = try training.configuration.runState(), state.isFinished else {
          throw ReproductionError(
            "it stopped before its last epoch, at max-minutes; call again to continue it, "
              + "or use --set max-minutes=none", mayContinue: true)
        }
      })
  }

  private func evaluate(_ network: PlannedNetwork, _ dataset: String) -> Job {
    let record = recordPath(network)
    return Job(
      name: "evaluate \(network.name)",
      after: network.trainings.last.map { ["train \($0.name)"] } ?? [],
      arguments: { [self] in
        let inputs = try inputs(network, dataset)
        guard EvaluationRecord(reading: record)?.inputs != inputs else { return nil }
        return ["evaluate", network.recipe] + network.overrides
          + (network.weights.map { ["--weights", $0] } ?? []) + ["--json"]
      },
      complete: { [self] output in
        try EvaluationRecord(try inputs(network, dataset), output: output).write(to: record)
      })
  }

  private func inputs(_ network: PlannedNetwork, _ dataset: String) throws
    -> EvaluationRecord.Inputs
  {
    EvaluationRecord.Inputs(
      dataset: dataset, settings: network.configuration.decisive,
      weights: try network.weights.map(weightsChecksum),
      backbone: try network.configuration.backboneWeights.map(weightsChecksum))
  }

  private func recordPath(_ network: PlannedNetwork) -> String {
    "\(request.out)/records/\(network.name).json"
  }

  // MARK: - Pictures

  /// Pictures of the first samples: of all networks of a factor side by side, or of each network
  /// where they cannot be compared.
  private func drawings(_ scheduler: JobScheduler) -> [Job] {
    // One seed is enough to look at.
    let drawn = networks.filter { network in
      networks.first { $0.model == network.model && $0.factor == network.factor }?.name
        == network.name
    }
    let groups =
      request.table.factors.isEmpty
      ? drawn.map { ($0.name, [$0]) }
      : distinct(drawn.map(\.factor)).map { factor in
        ("x\(factor ?? 1)", drawn.filter { $0.factor == factor })
      }
    return groups.map { draw($0, $1, scheduler) }
  }

  private func draw(
    _ name: String, _ networks: [PlannedNetwork], _ scheduler: JobScheduler
  ) -> Job {
    let record = "\(request.out)/records/pictures_\(name).json"
    let folder = "\(request.out)/pictures/\(name)"
    /// The networks that have a result, and what their pictures depend on.
    func drawn() -> (networks: [PlannedNetwork], inputs: [String: EvaluationRecord.Inputs]) {
      let done = networks.filter { scheduler.outcomes["evaluate \($0.name)"] == .done }
      let inputs = done.reduce(into: [String: EvaluationRecord.Inputs]()) {
        $0[$1.name] = EvaluationRecord(reading: recordPath($1))?.inputs
      }
      return (done, inputs)
    }
    return Job(
      name: "draw \(name)", after: networks.map { "evaluate \($0.name)" }, needsAll: false,
      arguments: { [self] in
        let (networks, inputs) = drawn()
        guard let own = networks.last else { return nil }
        let known = PictureRecord(reading: record)
        guard known != PictureRecord(samples: pictures, inputs: inputs) else { return nil }
        let others = networks.dropLast().flatMap { other in
          ["--compare", other.model + (other.weights.map { "=\($0)" } ?? "")]
        }
        return ["predict", own.recipe] + own.overrides
          + (own.weights.map { ["--weights", $0] } ?? []) + others
          // The folder holds this picture alone, perhaps of earlier networks.
          + ["--first", "\(pictures)", "--out", folder, "--force"]
      },
      complete: { [self] _ in
        try PictureRecord(samples: pictures, inputs: drawn().inputs).write(to: record)
      })
  }

  // MARK: - Table and manifest

  private func finish(
    _ dataset: DatasetReader, _ outcomes: [String: JobOutcome]
  ) throws -> Outcome {
    let records = networks.reduce(into: [String: EvaluationRecord]()) { records, network in
      guard outcomes["evaluate \(network.name)"] == .done else { return }
      records[network.name] = EvaluationRecord(reading: recordPath(network))
    }
    func problem(_ network: PlannedNetwork) -> String? {
      network.problem ?? outcomes["evaluate \(network.name)"]?.reason
    }
    let table = ResultTable(
      title: request.table.title,
      entries: plan.networks.map { network in
        let record = records[network.name]
        let configuration = network.configuration
        return ResultTable.Entry(
          network: network, metric: record?.headline ?? "", unit: record?.unit ?? "",
          value: record.flatMap { $0.metrics[$0.headline] }, samples: record?.samples,
          published: tasks.published(for: configuration, on: dataset.description),
          problem: problem(network))
      },
      remarks: plan.networks.compactMap { network in
        guard network.problem == nil, network.seed == nil, let weights = network.weights else {
          return nil
        }
        return "The weights of \(network.name) were given: \(weights)."
      })
    let manifest = try manifest(dataset, records, problem)
    try writeAtomically(table.markdown, to: "\(request.out)/table.md")
    try writeAtomically(table.csv, to: "\(request.out)/table.csv")
    try writeAtomically(try manifest.text, to: "\(request.out)/manifest.json")
    let failed = outcomes.values.compactMap { outcome -> (reason: String, mayContinue: Bool)? in
      if case .failed(let reason, let mayContinue) = outcome { (reason, mayContinue) } else { nil }
    }
    let problems = plan.networks.compactMap { network in
      network.problem.map { "\(network.name): \($0)" }
    }
    return Outcome(
      table: table, manifest: manifest, signal: nil,
      failures: distinct(failed.map(\.reason).sorted() + problems),
      mayContinue: problems.isEmpty && failed.allSatisfy(\.mayContinue))
  }

  private func manifest(
    _ dataset: DatasetReader, _ records: [String: EvaluationRecord],
    _ problem: (PlannedNetwork) -> String?
  ) throws -> Manifest {
    var trainings: [String: Manifest.Training] = [:]
    var machines: [String: Manifest.Machine] = [:]
    for training in plan.trainings {
      guard let state = try training.configuration.runState() else { continue }
      trainings[training.name] = Manifest.Training(
        settings: training.configuration.decisive,
        backbone: try training.configuration.backboneWeights.map(weightsChecksum),
        epochs: state.epoch, steps: state.step)
      machines[training.name] = state.arithmetic.map(Manifest.Machine.init)
    }
    let networks = plan.networks.map { network in
      let record = records[network.name]
      return (
        network.name,
        Manifest.Network(
          settings: network.configuration.decisive, weights: record?.inputs.weights,
          backbone: record?.inputs.backbone, metrics: record?.metrics ?? [:],
          samples: record?.samples ?? 0, problem: problem(network))
      )
    }
    return Manifest(
      table: request.table.name,
      results: Manifest.Results(
        dataset: Manifest.Dataset(
          checksum: dataset.fingerprint, collection: dataset.description.collection,
          samples: dataset.count),
        trainings: trainings, networks: Dictionary(networks) { first, _ in first }),
      circumstances: Manifest.Circumstances(
        program: program.version, programChecksum: program.checksum, ranks: launcher.ranks,
        machine: Manifest.Machine(program.arithmetic), trainings: machines),
      files: plan.networks.reduce(into: [:]) { $0[$1.name] = $1.weights }, seconds: seconds)
  }
}

extension Manifest.Machine {
  fileprivate init(_ arithmetic: Arithmetic) {
    self.init(
      threads: arithmetic.threads, processor: arithmetic.processor,
      instructions: arithmetic.instructionSet)
  }
}

/// What pictures were drawn of, as it is kept between calls.
private struct PictureRecord: Codable, Equatable {
  let samples: Int
  let inputs: [String: EvaluationRecord.Inputs]

  init(samples: Int, inputs: [String: EvaluationRecord.Inputs]) {
    (self.samples, self.inputs) = (samples, inputs)
  }

  /// Reads a record; nil if there is none.
  init?(reading path: String) {
    guard let data = FileManager.default.contents(atPath: path),
      let record = try? JSONDecoder().decode(PictureRecord.self, from: data)
    else { return nil }
    self = record
  }

  func write(to path: String) throws {
    try writeAtomically(String(decoding: try encoded(self), as: UTF8.self) + "\n", to: path)
  }
}
