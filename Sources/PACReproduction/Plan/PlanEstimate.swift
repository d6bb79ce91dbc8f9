import Foundation
import PACTraining

/// How long a table takes, from steps that are measured here.
public struct PlanEstimate: Sendable {
  /// A training or an evaluation.
  public struct Line: Sendable {
    /// What it does: `train x8_DJIF`.
    public let name: String
    /// What it begins from: `new`, `at step 4000`, `done`, or a problem.
    public let state: String
    /// The steps that are left; nil for evaluations, and if they are not known.
    public let steps: Int?
    /// The seconds of one step, or of one test sample; nil if they are not known.
    public let secondsEach: Double?
    /// The seconds of all that is left; nil if they are not known.
    public let seconds: Double?
  }

  /// The trainings and the evaluations, in the order in which they start.
  public let lines: [Line]
  /// The seconds of all of them one after the other; nil if they are not known.
  public let total: Double?
  /// The seconds on the slots asked for; nil if they are not known.
  public let elapsed: Double?

  /// Measures a step of each network, and adds up what is left.
  /// - Parameters:
  ///   - plan: what is to be done.
  ///   - tasks: the tasks that the networks' names can choose.
  ///   - launcher: the ranks and slots.
  /// - Throws: an error of one line for a run folder or the dataset; a dataset that does not exist
  ///   is none, but then no times are known.
  public init(_ plan: ReproductionPlan, tasks: TaskList, launcher: JobLauncher) throws {
    let isPrepared = FileManager.default.fileExists(atPath: plan.data)
    var measured: [[String: String]: RunMeasurement] = [:]
    func measurement(_ configuration: TrainingConfiguration) throws -> RunMeasurement? {
      guard isPrepared else { return nil }
      var settings = configuration.decisive
      settings["seed"] = nil
      if let known = measured[settings] { return known }
      let new = try measureRun(configuration, tasks: tasks, ranks: launcher.ranks)
      measured[settings] = new
      return new
    }
    let trainings = try plan.trainings.map { training in
      (
        line: try Self.line(training, launcher.ranks, measurement),
        after: training.previous.map { ["train \($0)"] } ?? []
      )
    }
    let evaluations = try plan.networks.map { network in
      (
        line: try Self.line(network, tasks, launcher.ranks, isPrepared),
        after: network.trainings.last.map { ["train \($0.name)"] } ?? []
      )
    }
    let all = trainings + evaluations
    lines = all.map(\.line)
    let known = all.allSatisfy { $0.line.seconds != nil }
    total = known ? lines.reduce(0) { $0 + ($1.seconds ?? 0) } : nil
    elapsed =
      known
      ? Self.elapsed(
        all.map { ($0.line.name, $0.after, $0.line.seconds ?? 0) },
        lanes: launcher.slots.jobs(of: launcher.ranks)) : nil
  }

  private static func line(
    _ training: PlannedTraining, _ ranks: Int,
    _ measurement: (TrainingConfiguration) throws -> RunMeasurement?
  ) throws -> Line {
    let name = "train \(training.name)"
    let state = try training.configuration.runState()
    if state?.isFinished == true {
      return Line(name: name, state: "done", steps: 0, secondsEach: nil, seconds: 0)
    }
    let begin = state.map { "at step \($0.step)" } ?? "new"
    guard let run = try measurement(training.configuration) else {
      return Line(name: name, state: begin, steps: nil, secondsEach: nil, seconds: nil)
    }
    let steps = max(run.steps - (state?.step ?? 0), 0)
    let left = Double(steps) / Double(max(run.steps, 1))
    let evaluations = Double(run.evaluatedSamples) * run.secondsPerEvaluation / Double(ranks)
    return Line(
      name: name, state: begin, steps: steps, secondsEach: run.secondsPerStep,
      seconds: Double(steps) * run.secondsPerStep + left * evaluations)
  }

  private static func line(
    _ network: PlannedNetwork, _ tasks: TaskList, _ ranks: Int, _ isPrepared: Bool
  ) throws -> Line {
    let name = "evaluate \(network.name)"
    if let problem = network.problem {
      return Line(name: name, state: problem, steps: nil, secondsEach: nil, seconds: 0)
    }
    let state = network.trainings.isEmpty ? (network.weights ?? "no weights needed") : ""
    guard isPrepared else {
      return Line(name: name, state: state, steps: nil, secondsEach: nil, seconds: nil)
    }
    let (samples, each) = try measureEvaluation(network.configuration, tasks: tasks)
    return Line(
      name: name, state: state, steps: nil, secondsEach: each,
      seconds: Double(samples) * each / Double(ranks))
  }

  /// The time until the last job has ended, if each starts as soon as a lane is free and the jobs
  /// before it have ended.
  static func elapsed(
    _ jobs: [(name: String, after: [String], seconds: Double)], lanes: Int
  ) -> Double {
    var waiting = jobs
    var free = [Double](repeating: 0, count: max(lanes, 1))
    var ended: [String: Double] = [:]
    while !waiting.isEmpty {
      let lane = free.indices.min { free[$0] < free[$1] } ?? 0
      // When each job could start; those behind a job that has not started are not candidates.
      let starts = waiting.enumerated().compactMap { place, job -> (place: Int, time: Double)? in
        let times = job.after.map { ended[$0] }
        guard times.allSatisfy({ $0 != nil }) else { return nil }
        return (place, max(free[lane], times.compactMap { $0 }.max() ?? 0))
      }
      guard let next = starts.min(by: { ($0.time, $0.place) < ($1.time, $1.place) }) else { break }
      let job = waiting.remove(at: next.place)
      free[lane] = next.time + job.seconds
      ended[job.name] = free[lane]
    }
    return free.max() ?? 0
  }
}
