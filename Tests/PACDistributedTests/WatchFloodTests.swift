import Foundation
import PACTestSupport
import Testing

/// Strangers at the port of a real job under mpirun, whose last rank connects seconds after the
/// others: so long rank 0 listens.
@Suite(.serialized, .enabled(if: hasMPI, "no mpirun in PATH"))
struct WatchFloodTests {
  /// A job and the tag by which its processes are found.
  private struct WatchedJob {
    let command: RunningCommand
    let tag: String

    var ranks: [ListedProcess] { ListedProcess.running("PACRankProgram", with: tag) }
  }

  private static let sum = ["sum", "repeatable", "37", "0", "4", "8", "11"]

  /// Three ranks that sum vectors under a watch.
  private func start(
    timeout: Int, delay: Int, limit: String = "true"
  ) throws -> WatchedJob {
    let tag = "\(UUID())"
    let program = try product("PACRankProgram").path
    let command = try RunningCommand(
      "mpirun",
      ["-q", "--oversubscribe", "--bind-to", "none", "--tag-output", "-n", "3"]
        + ["sh", "-c", "\(limit); exec \"$0\" \"$@\"", program]
        + ["watched", "\(timeout)", "\(delay)"] + Self.sum + [tag],
      environment: [
        "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_btl_vader_single_copy_mechanism": "none", "OMP_NUM_THREADS": "1",
        // No ports but that of the watch.
        "OMPI_MCA_btl": "self,vader",
      ], timeout: 60)
    return WatchedJob(command: command, tag: tag)
  }

  /// Rank 0 and its only port, once it listens.
  private func port(of job: WatchedJob) throws -> (rankZero: ListedProcess, port: UInt16) {
    var found: (ListedProcess, UInt16)?
    _ = eventually(within: 30) {
      guard let rankZero = job.ranks.first, rankZero.rank == 0 else { return false }
      let ports = ListeningPort.all(of: rankZero.identifier)
      // Ranks of one machine need no network.
      #expect(ports.allSatisfy { $0.address == [127, 0, 0, 1] })
      guard ports.count == 1 else { return false }
      found = (rankZero, ports[0].number)
      return true
    }
    return try #require(found, "rank 0 does not listen")
  }

  /// The memory that a process holds, in kilobytes.
  private func memory(of process: ListedProcess) -> Int? {
    let file = FileHandle(forReadingAtPath: "/proc/\(process.identifier)/status")
    let text = String(decoding: (try? file?.readToEnd()) ?? Data(), as: UTF8.self)
    let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
  }

  private func descriptors(of process: ListedProcess) -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.identifier)/fd"))?.count
      ?? 0
  }

  /// The lines of a rank.
  private func lines(_ rank: Int, _ result: CommandResult) -> [String] {
    result.output.split(separator: "\n").compactMap { line in
      let prefix = ",\(rank)]<stdout>:"
      return line.range(of: prefix).map { String(line[$0.upperBound...]) }
    }
  }

  /// What the ranks print without a watch and without strangers.
  private func undisturbed() throws -> [String] {
    let alone = try mpirun(
      ranks: 1, try product("PACRankProgram"), ["sum", "repeatable", "37", "0", "11"])
    #expect(alone.succeeded, "\(alone)")
    return alone.ranks[0].output.split(separator: "\n").map(String.init)
  }

  /// With ample descriptors, and with hardly more than the ranks need.
  @Test(arguments: ["true", "ulimit -n 60"]) func aFloodChangesNothing(limit: String) throws {
    let job = try start(timeout: 20, delay: 4, limit: limit)
    let (rankZero, port) = try port(of: job)
    let before = try #require(memory(of: rankZero))
    let flood = Flood(port: port)
    var (most, held) = (0, before)
    // Until the port is closed, which the last rank has to reach before.
    let closed = eventually(within: 30) {
      most = max(most, descriptors(of: rankZero))
      held = max(held, memory(of: rankZero) ?? 0)
      usleep(20_000)
      return !job.command.isRunning || ListeningPort.all(of: rankZero.identifier).isEmpty
    }
    flood.stop()
    let result = try job.command.wait()
    #expect(closed && result.status == 0 && !result.timedOut, "\(result)")
    #expect(flood.count > 1000)
    let expected = ["unwatched: []"] + (try undisturbed())
    for rank in 0..<3 { #expect(lines(rank, result) == expected, "rank \(rank): \(result)") }
    #expect(most <= (limit == "true" ? 256 + 60 : 60), "\(most) descriptors")
    #expect(held - before < 8000, "\(held - before) kB more")
    print("flood: \(flood.count) connections, \(most) descriptors, \(held - before) kB more")
  }

  /// A rank that dies, and one that is stopped, while strangers keep rank 0 busy.
  @Test(arguments: [SIGKILL, SIGSTOP]) func aLostRankIsFoundInAFlood(signal: Int32) throws {
    let job = try start(timeout: 3, delay: 30)
    let (_, port) = try port(of: job)
    let flood = Flood(port: port)
    defer { flood.stop() }
    sleep(1)
    let ranks = job.ranks
    try #require(ranks.count == 3)
    let start = Date()
    ranks[1].signal(signal)
    let result = try job.command.wait()
    let seconds = Date().timeIntervalSince(start)
    let reason =
      signal == SIGKILL
      ? "killed or crashed: rank 1 (host "
      : "no heartbeat for 3 s (stall-timeout) from rank 1 (host "
    #expect([76, 137].contains(result.status) && !result.timedOut, "\(result)")
    // Ranks that wait for each other since before the signal may be noticed first.
    let isFound =
      result.errors.contains("error: \(reason)")
      || signal == SIGSTOP && result.errors.contains("error: all ranks have waited for each other")
    #expect(isFound, "\(result)")
    #expect(seconds < 12, "\(seconds) s")
    #expect(eventually(within: 5) { job.ranks.isEmpty })
    for rank in job.ranks { rank.signal(SIGKILL) }
  }

  /// Once all ranks are connected there is nothing that strangers could connect to.
  @Test func thePortIsClosedWhenAllAreConnected() throws {
    let job = try start(timeout: 20, delay: 1)
    let (rankZero, _) = try port(of: job)
    #expect(
      eventually(within: 20) {
        !job.command.isRunning || ListeningPort.all(of: rankZero.identifier).isEmpty
      })
    #expect(try job.command.wait().status == 0)
  }
}
