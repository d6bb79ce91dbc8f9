import Foundation

/// How a job of several ranks ended.
public struct JobResult: Sendable {
  /// One rank's end.
  public struct Rank: Sendable {
    /// Its exit status, 128 + the signal's number if one ended it; nil if the job ended it from
    /// outside.
    public let status: Int32?
    /// What it wrote to standard output.
    public let output: String
    /// What it wrote to standard error.
    public let errors: String
  }

  /// How `mpirun` itself ended.
  public let command: CommandResult
  /// Every rank, in order.
  public let ranks: [Rank]

  /// Whether all ranks and `mpirun` ended with status 0 in time.
  public var succeeded: Bool {
    command.status == 0 && !command.timedOut && ranks.allSatisfy { $0.status == 0 }
  }
}

/// Whether this machine has an MPI launcher.
public let hasMPI =
  (try? run("sh", ["-c", "command -v mpirun"], timeout: 10))?.status == 0

/// Runs `program` on `ranks` processes of this machine, `timeout` seconds at most.
///
/// Each rank runs below a small shell script that writes its streams and its exit status to files.
/// - Parameters:
///   - ranks: the number of processes; may exceed the cores.
///   - program: the executable, see `product(_:)`.
///   - arguments: its arguments, the same for all ranks.
///   - environment: variables to set on top of this process's; nil removes one.
///   - directory: where it runs; nil = where this process does.
///   - timeout: the time limit in seconds.
/// - Returns: how the job and each rank ended.
/// - Throws: if the launcher cannot be started.
public func mpirun(
  ranks: Int, _ program: URL, _ arguments: [String] = [], environment: [String: String?] = [:],
  in directory: URL? = nil, timeout: Double = 60
) throws -> JobResult {
  let folder = try temporaryFolder()
  defer { try? FileManager.default.removeItem(at: folder) }
  let record = """
    file=$0/$OMPI_COMM_WORLD_RANK
    "$@" >"$file.out" 2>"$file.err"
    status=$?
    echo $status >"$file.status"
    exit $status
    """
  let settings: [String: String?] = [
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    // Containers often forbid reading another process's memory.
    "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
    "OMP_NUM_THREADS": "1",
  ]
  let command = try run(
    "mpirun",
    ["-q", "--oversubscribe", "--bind-to", "none", "-n", "\(ranks)"]
      + ["sh", "-c", record, folder.path, program.path] + arguments,
    environment: settings.merging(environment) { $1 }, in: directory, timeout: timeout)
  let results = (0..<ranks).map { rank in
    let read = { (suffix: String) in
      (try? text(of: folder.appendingPathComponent("\(rank).\(suffix)"))) ?? ""
    }
    let status = read("status").trimmingCharacters(in: .whitespacesAndNewlines)
    return JobResult.Rank(status: Int32(status), output: read("out"), errors: read("err"))
  }
  return JobResult(command: command, ranks: results)
}
