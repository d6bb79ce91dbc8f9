import Foundation
import PACFiles

/// The process that holds the lock of a run folder, as the lock's file names it.
struct LockHolder: Sendable, Equatable, CustomStringConvertible {
  /// The name of its host, for messages.
  var host: String
  /// Its number.
  var process: Int32
  /// When it started, in the kernel's ticks since the host's; with the number it identifies the
  /// process.
  var started: String
  /// What tells apart the numbers of its processes from others': a boot of a host and a namespace of
  /// processes there; empty if unknown.
  var numbering: String
  /// The scheduler's job; empty without one.
  var job: String
  /// When it took the lock, for messages.
  var since: String
  /// Different each time a lock is taken.
  var token: String

  /// This process, about to take a lock.
  static func current() -> LockHolder {
    let variables = ProcessInfo.processInfo.environment
    let job = ["SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "JOB_ID"].lazy.compactMap { variables[$0] }
    return LockHolder(
      host: ProcessInfo.processInfo.hostName, process: getpid(), started: start(of: getpid()) ?? "",
      numbering: numbering(), job: job.first ?? "", since: Date.now.formatted(.iso8601),
      token: UUID().uuidString)
  }

  /// Whether it has ended, as far as this host can tell: nil if its processes are not this one's to
  /// see, as on another host or in another container.
  var hasEnded: Bool? {
    guard !numbering.isEmpty, numbering == Self.numbering() else { return nil }
    return Self.start(of: process) != started
  }

  /// `process 4242 on host node7 (job 815), since 2026-12-01T08:15:00Z`.
  var description: String {
    let job = job.isEmpty ? "" : " (job \(shown(job)))"
    return "process \(process) on host \(shown(host))\(job), since \(shown(since))"
  }

  private static func numbering() -> String {
    let boot = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
    let files = FileManager.default
    let names = try? files.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
    guard let boot, let names else { return "" }
    return "\(boot.trimmingCharacters(in: .whitespacesAndNewlines)) \(names)"
  }

  /// When a process started; nil if there is none of that number that still runs.
  private static func start(of process: Int32) -> String? {
    let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
    // The name, which may contain anything, is in parentheses.
    let fields = text?.split(separator: ")").last?.split(separator: " ") ?? []
    // A process that has ended keeps its number until its parent asks for its status.
    guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
    return String(fields[19])
  }
}

extension LockHolder {
  /// The lines of the lock's file.
  var text: String {
    """
    host \(host)
    process \(process)
    started \(started)
    numbering \(numbering)
    job \(job)
    since \(since)
    token \(token)

    """
  }

  /// Parses the lines of a lock's file; nil if one is missing.
  init?(_ text: some StringProtocol) {
    var values: [Substring: String] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1)
      values[Substring(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
    }
    guard let host = values["host"], let process = values["process"].flatMap({ Int32($0) }),
      let started = values["started"], let numbering = values["numbering"], let job = values["job"],
      let since = values["since"], let token = values["token"],
      // It becomes part of a file's name.
      UUID(uuidString: token) != nil
    else { return nil }
    self.init(
      host: host, process: process, started: started, numbering: numbering, job: job, since: since,
      token: token)
  }
}
