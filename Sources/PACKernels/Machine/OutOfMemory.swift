import CPACPlatform
import Glibc

/// How a process ends that gets no more memory: one line, status 1.
///
/// Kernels cannot throw, and nothing could go on: the other ranks need this one's share.
public enum OutOfMemory {
  /// Prints what could not be allocated and which limit there is, and ends the process.
  /// - Parameters:
  ///   - bytes: how much was asked for; nil if only a library knows.
  ///   - purpose: what for.
  public static func end(allocating bytes: Int?, for purpose: String) -> Never {
    let names: [String] = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"]
    let rank = names.lazy.compactMap { name in getenv(name).map { String(cString: $0) } }.first
    let amount = bytes.map { "\(megabytes($0)) MB" } ?? "memory"
    let line =
      "error: \(rank.map { "rank \($0): " } ?? "")out of memory: cannot allocate \(amount) for "
      + "\(purpose)\(limit); use smaller crops, fewer threads or more nodes, or raise the limit\n"
    // Usually all ranks run out at the same step. A launcher ends the others once one has failed.
    if let rank, rank != "0" { usleep(300_000) }
    write(STDERR_FILENO, line, line.utf8.count)
    // Not `_exit`: the rank's watch takes its leave of the other ranks.
    exit(1)
  }

  /// The limit that the user can raise, ` (ulimit -v allows 2000 MB)`; empty without one.
  private static var limit: String {
    var allowed = rlimit()
    for (resource, option) in [(RLIMIT_AS, "-v"), (RLIMIT_DATA, "-d")]
    where getrlimit(__rlimit_resource_t(resource.rawValue), &allowed) == 0
      && allowed.rlim_cur < rlim_t(Int.max)
    {
      return " (ulimit \(option) allows \(megabytes(Int(allowed.rlim_cur))) MB)"
    }
    return ""
  }

  private static func megabytes(_ bytes: Int) -> Int { (bytes + 999_999) / 1_000_000 }
}
