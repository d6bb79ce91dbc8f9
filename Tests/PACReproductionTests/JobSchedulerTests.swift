import Foundation
import PACTestSupport
import Testing

@testable import PACReproduction

/// Jobs that are shell commands instead of `pac`.
@Suite(.serialized) struct JobSchedulerTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private final class Lines {
    var all: [String] = []
  }

  /// A job that runs a shell script.
  private func job(
    _ name: String, after: [String] = [], needsAll: Bool = true, _ script: String
  ) -> Job {
    Job(
      name: name, after: after, needsAll: needsAll, arguments: { ["-c", script] },
      complete: { _ in })
  }

  private func run(_ jobs: [Job], slots: Int) throws -> ([String: JobOutcome], [String]) {
    let lines = Lines()
    let scheduler = JobScheduler(
      try JobLauncher(
        program: "/bin/sh", command: nil, ranks: 1, threads: 3, slots: Slots(onThisHost: slots),
        restarts: 0),
      logs: folder.path, report: { lines.all.append($0) }, ended: { _, _ in })
    try scheduler.run(jobs)
    return (scheduler.outcomes, lines.all)
  }

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: folder(name), encoding: .utf8)
  }

  /// Each waits for the other's file, so they can only end if they run at the same time.
  @Test func asManyRunAtOnceAsThereAreSlots() throws {
    let meet = { (own: String, other: String) in
      "touch \(folder(own)); for i in $(seq 400); do [ ! -e \(folder(other)) ] || exit 0; "
        + "sleep 0.05; done; exit 1"
    }
    let (outcomes, _) = try run(
      [job("one", meet("a", "b")), job("two", meet("b", "a"))], slots: 2)
    #expect(outcomes == ["one": .done, "two": .done])
  }

  /// Never more: each job holds a lock that the others must not find taken.
  @Test func noMoreRunAtOnceThanThereAreSlots() throws {
    let alone = "mkdir \(folder("busy")) || exit 9; sleep 0.1; rmdir \(folder("busy"))"
    let (outcomes, _) = try run((0..<4).map { job("job \($0)", alone) }, slots: 1)
    #expect(outcomes.count == 4 && outcomes.values.allSatisfy { $0 == .done }, "\(outcomes)")
  }

  @Test func aJobStartsAfterThoseBeforeIt() throws {
    let (outcomes, _) = try run(
      [
        job("second", after: ["first"], "cat \(folder("made"))"),
        job("first", "sleep 0.2; echo threads $OMP_NUM_THREADS > \(folder("made"))"),
      ], slots: 2)
    #expect(outcomes == ["first": .done, "second": .done])
    #expect(try text("second.out") == "threads 3\n")
  }

  @Test func aFailureStopsOnlyWhatNeedsIt() throws {
    let (outcomes, lines) = try run(
      [
        job("bad", "echo 'error: no such thing' >&2; exit 1"),
        job("needs", after: ["bad"], "exit 0"), job("good", "exit 0"),
        job("any", after: ["bad", "good"], needsAll: false, "exit 0"),
        job("lost", "kill -9 $$"),
      ], slots: 1)
    let reason = "bad: no such thing (status 1)"
    #expect(outcomes["bad"] == .failed(reason: reason, mayContinue: false))
    #expect(outcomes["needs"] == .failed(reason: reason, mayContinue: false))
    #expect(outcomes["good"] == .done && outcomes["any"] == .done)
    #expect(
      outcomes["lost"] == .failed(reason: "lost: ended with status 137", mayContinue: true))
    #expect(lines.contains("bad: failed: no such thing (status 1)"), "\(lines)")
  }

  /// An error of an earlier call is not taken for one of this.
  @Test func onlyThisCallsErrorsAreShown() throws {
    _ = try run([job("job", "echo 'error: earlier' >&2; exit 1")], slots: 1)
    let (outcomes, _) = try run([job("job", "exit 7")], slots: 1)
    #expect(outcomes["job"]?.reason == "job: ended with status 7")
    #expect(try text("job.log") == "error: earlier\n", "logs are kept")
  }

  @Test func nothingIsDoneTwice() throws {
    let done = Job(name: "done", after: [], arguments: { nil }, complete: { _ in })
    let wrong = Job(
      name: "wrong", after: [], arguments: { throw ReproductionError("no") }, complete: { _ in })
    let unfinished = Job(
      name: "unfinished", after: [], arguments: { ["-c", "echo out"] },
      complete: { throw ReproductionError("printed \($0)") })
    let (outcomes, lines) = try run([done, wrong, unfinished], slots: 1)
    #expect(outcomes["done"] == .done)
    #expect(outcomes["wrong"]?.reason == "wrong: no")
    #expect(outcomes["unfinished"]?.reason == "unfinished: printed out\n")
    #expect(!lines.contains { $0.hasPrefix("done") })
  }

  @Test func aProgramThatCannotBeStartedFails() throws {
    let scheduler = JobScheduler(
      try JobLauncher(
        program: folder("none"), command: nil, ranks: 1, threads: 1, slots: Slots(onThisHost: 1),
        restarts: 0), logs: folder.path, report: { _ in }, ended: { _, _ in })
    try scheduler.run([job("job", "exit 0")])
    #expect(scheduler.outcomes["job"]?.reason == "job: ended with status 127")
  }
}
