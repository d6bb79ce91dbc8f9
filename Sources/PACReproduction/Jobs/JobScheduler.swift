import Foundation
import PACTraining

/// Runs jobs in order, several at once as far as there are slots.
final class JobScheduler {
  private let launcher: JobLauncher
  private let logs: String
  private let report: (String) -> Void
  private let ended: (_ job: String, _ seconds: Double) throws -> Void
  private var slots: Slots
  private var running: [Running] = []

  private struct Running {
    let job: Job
    let process: ChildProcess
    let taken: [Slots.Host]
    /// The bytes that earlier calls have written to its log.
    let logged: Int
  }

  /// How each job ended, so far.
  private(set) var outcomes: [String: JobOutcome] = [:]
  /// The signal that stops everything; nil while there is none.
  private(set) var signal: String?

  /// Prepares to run jobs.
  /// - Parameters:
  ///   - launcher: how they are started.
  ///   - logs: the folder for what they print.
  ///   - report: prints a line.
  ///   - ended: called when a process has ended, with the job's name and the time it took.
  init(
    _ launcher: JobLauncher, logs: String, report: @escaping (String) -> Void,
    ended: @escaping (String, Double) throws -> Void
  ) {
    self.launcher = launcher
    self.logs = logs
    self.report = report
    self.ended = ended
    slots = launcher.slots
  }

  /// Runs jobs until all have ended, or a signal stops them.
  ///
  /// A job that fails stops only those that need it. At SIGTERM, SIGUSR1, SIGHUP or SIGINT no more are
  /// started, and those that run are told to stop; at the second SIGINT they end at once.
  /// `StopSignals.terminal` must be held.
  /// - Throws: an error of the files that this process itself writes; running jobs then get SIGTERM
  ///   as it ends.
  func run(_ jobs: [Job]) throws {
    var waiting = jobs
    while !(waiting.isEmpty && running.isEmpty) {
      if signal == nil { try start(&waiting) }
      // Jobs that had nothing to do may have let others start.
      let milliseconds = running.isEmpty ? 0 : 50
      if let name = StopSignals.terminal.take(within: milliseconds) { stop(name) }
      try collect()
      if signal != nil, running.isEmpty {
        for job in waiting { outcomes[job.name] = .stopped }
        return
      }
    }
  }

  /// Starts the jobs that can, and takes them off the list.
  private func start(_ waiting: inout [Job]) throws {
    var left: [Job] = []
    for job in waiting {
      guard job.after.allSatisfy({ outcomes[$0] != nil }) else {
        left.append(job)
        continue
      }
      if job.needsAll, let cause = job.after.first(where: { outcomes[$0]?.reason != nil }) {
        outcomes[job.name] = outcomes[cause]
      } else if try !start(job) {
        left.append(job)
      }
    }
    waiting = left
  }

  /// Starts a job, unless nothing is left to do.
  /// - Returns: false if there are no free slots for it.
  private func start(_ job: Job) throws -> Bool {
    // Slots are counted first, since it can take long to find out whether a job is done.
    let arguments: [String]
    do {
      guard slots.count >= (job.isRanked ? launcher.ranks : 1) else { return false }
      guard let given = try job.arguments() else {
        outcomes[job.name] = .done
        return true
      }
      arguments = given
    } catch {
      fail(job, "\(error)", mayContinue: false)
      return true
    }
    guard let taken = slots.take(job.isRanked ? launcher.ranks : 1) else { return false }
    let file = file(of: job)
    var hostfile: String?
    if slots.isFromHostfile {
      hostfile = "\(file).hosts"
      let lines = taken.map { "\($0.name) slots=\($0.count)\n" }.joined()
      try writeAtomically(lines, to: "\(file).hosts")
    }
    let command = launcher.command(arguments, isRanked: job.isRanked, hostfile: hostfile)
    let logged = FileManager.default.contents(atPath: "\(file).log")?.count ?? 0
    let process = try ChildProcess(
      command, environment: ["OMP_NUM_THREADS": "\(launcher.threads)"], output: "\(file).out",
      errors: "\(file).log")
    running.append(Running(job: job, process: process, taken: taken, logged: logged))
    let place = slots.isFromHostfile ? " on \(taken.map(\.name).joined(separator: ", "))" : ""
    report("\(job.name): started\(place), see \(file).log")
    return true
  }

  /// Takes the results of the jobs that have ended.
  private func collect() throws {
    for place in running.indices.reversed() {
      let ending = running[place]
      guard let status = ending.process.status() else { continue }
      running.remove(at: place)
      slots.giveBack(ending.taken)
      let (job, seconds) = (ending.job, ending.process.seconds)
      try ended(job.name, seconds)
      if status == 0 {
        take(job, seconds: seconds)
      } else if signal != nil {
        outcomes[job.name] = .stopped
      } else {
        fail(
          job, reason(ending, status), mayContinue: status == 75 || status == 76 || status > 128)
      }
    }
  }

  private func take(_ job: Job, seconds: Double) {
    do {
      try job.complete(try contents(of: "\(file(of: job)).out"))
      outcomes[job.name] = .done
      report("\(job.name): done in \(PACTraining.Progress.duration(seconds))")
    } catch {
      fail(job, "\(error)", mayContinue: (error as? ReproductionError)?.mayContinue ?? false)
    }
  }

  private func fail(_ job: Job, _ reason: String, mayContinue: Bool) {
    outcomes[job.name] = .failed(reason: "\(job.name): \(reason)", mayContinue: mayContinue)
    report("\(job.name): failed: \(reason)")
  }

  /// The last error that a job has printed, or its exit status.
  private func reason(_ ending: Running, _ status: Int32) -> String {
    let log = FileManager.default.contents(atPath: "\(file(of: ending.job)).log") ?? Data()
    let lines = String(decoding: log.dropFirst(ending.logged), as: UTF8.self).split(
      whereSeparator: \.isNewline)
    // Launch/run adds that the job was lost after the ranks have said why.
    let errors = lines.filter { $0.hasPrefix("error: ") && !$0.contains("the job was lost") }
    guard let error = errors.last else { return "ended with status \(status)" }
    return "\(error.dropFirst("error: ".count)) (status \(status))"
  }

  private func stop(_ name: String) {
    let isSecond = signal != nil
    signal = signal ?? name
    if isSecond, name != "SIGINT" { return }
    if !isSecond, !running.isEmpty {
      report("\(name): the jobs that run stop after their step, with a checkpoint")
    }
    for job in running { job.process.signal(isSecond ? SIGINT : SIGTERM) }
  }

  private func file(of job: Job) -> String {
    "\(logs)/\(job.name.replacingOccurrences(of: " ", with: "_"))"
  }

  private func contents(of path: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ReproductionError("\(path): cannot read the file")
    }
    return String(decoding: data, as: UTF8.self)
  }
}
