import Glibc

/// A limit of the memory that this process may use, alone or together with others.
public struct MemoryLimit: Sendable, Equatable {
  /// What counts towards it.
  public enum Kind: Sendable {
    /// Every mapping, whether it is written or not.
    case addressSpace
    /// Mappings that can be written.
    case data
    /// Memory that holds something.
    case resident

    /// How much of it this process uses now, in bytes.
    public var used: Int {
      // Total, resident, shared, text, library, data; in pages.
      let pages = MemoryLimit.text(of: "/proc/self/statm").split(separator: " ").compactMap {
        Int($0)
      }
      let column =
        switch self {
        case .addressSpace: 0
        case .resident: 1
        case .data: 5
        }
      return pages.count > column ? pages[column] * Int(getpagesize()) : 0
    }
  }

  /// What counts towards it.
  public let kind: Kind
  /// Who sets it, such as `ulimit -v`.
  public let name: String
  /// The limit in bytes.
  public let bytes: Int

  /// Describes a limit.
  public init(_ kind: Kind, _ name: String, bytes: Int) {
    (self.kind, self.name, self.bytes) = (kind, name, bytes)
  }

  /// All limits of this process: its own, those of its control groups, and the batch system's.
  public static func all() -> [MemoryLimit] {
    let groups = cgroupFiles(of: text(of: "/proc/self/cgroup")).compactMap { file in
      bytes(in: text(of: file)).map { MemoryLimit(.resident, file, bytes: $0) }
    }
    return ofProcess() + groups + slurm { getenv($0).map { String(cString: $0) } }
  }

  /// Checks that every limit leaves room.
  /// - Parameters:
  ///   - more: bytes needed besides what is in use now.
  ///   - purpose: what for, as in `2 threads (136 MB each)`.
  ///   - kinds: the limits that these bytes count towards.
  ///   - advice: what to do besides raising the limit.
  ///   - limits: the limits.
  /// - Throws: the first limit that is too low.
  public static func require(
    _ more: Int, for purpose: String, of kinds: [Kind], advice: String,
    limits: [MemoryLimit] = all()
  ) throws(Shortage) {
    for limit in limits where kinds.contains(limit.kind) {
      let used = limit.kind.used
      guard used + more > limit.bytes else { continue }
      throw Shortage(limit: limit, used: used, more: more, purpose: purpose, advice: advice)
    }
  }

  /// A limit that is too low.
  public struct Shortage: Error, CustomStringConvertible {
    let limit: MemoryLimit
    let used: Int
    let more: Int
    let purpose: String
    let advice: String

    /// The limit, the need and its parts, and what to do.
    public var description: String {
      "not enough memory: \(limit.name) allows \(megabytes(limit.bytes)), and at least "
        + "\(megabytes(used + more)) are needed (\(megabytes(used)) for the program as it is now, "
        + "\(megabytes(more)) for \(purpose)); raise the limit, or \(advice)"
    }

    private func megabytes(_ bytes: Int) -> String { "\((bytes + 999_999) / 1_000_000) MB" }
  }

  // MARK: - Where limits are

  private static func ofProcess() -> [MemoryLimit] {
    let kinds: [(Kind, String, __rlimit_resource)] = [
      (.addressSpace, "ulimit -v", RLIMIT_AS), (.data, "ulimit -d", RLIMIT_DATA),
    ]
    return kinds.compactMap { kind, name, resource in
      var limit = rlimit()
      guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0,
        let bytes = Int(exactly: limit.rlim_cur)
      else { return nil }
      return MemoryLimit(kind, name, bytes: bytes)
    }
  }

  /// The files that hold the limits of a process's control groups and of those around them.
  ///
  /// - Parameter groups: the text of /proc/self/cgroup, lines `0::/path` for version 2 and
  ///   `4:memory:/path` for version 1. In a container the path may be that of the host, which
  ///   cannot be seen; the container's own group is then at the top.
  /// - Returns: their paths, of the innermost group first; not all of them exist.
  static func cgroupFiles(of groups: String) -> [String] {
    groups.split(separator: "\n").flatMap { line -> [String] in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return [] }
      let isSecond = parts[0] == "0" && parts[1].isEmpty
      guard isSecond || parts[1].split(separator: ",").contains("memory") else { return [] }
      var folders = parts[2].split(separator: "/")
      var files: [String] = []
      while true {
        let path = folders.map { "/\($0)" }.joined()
        files +=
          isSecond
          ? ["/sys/fs/cgroup\(path)/memory.max", "/sys/fs/cgroup/unified\(path)/memory.max"]
          : ["/sys/fs/cgroup/memory\(path)/memory.limit_in_bytes"]
        if folders.isEmpty { return files }
        folders.removeLast()
      }
    }
  }

  /// A control group's limit; nil for `max` and for version 1's largest number, which mean none.
  static func bytes(in text: String) -> Int? {
    let number = text.prefix { !$0.isWhitespace }
    guard let bytes = Int(number), bytes > 0, bytes < 1 << 60 else { return nil }
    return bytes
  }

  /// Slurm's limit for the node; 0 stands for all of its memory.
  static func slurm(_ variable: (String) -> String?) -> [MemoryLimit] {
    func number(_ name: String) -> Int? {
      guard let value = variable(name).flatMap({ Int($0) }), (1..<1 << 22).contains(value) else {
        return nil
      }
      return value
    }
    if let megabytes = number("SLURM_MEM_PER_NODE") {
      return [MemoryLimit(.resident, "SLURM_MEM_PER_NODE", bytes: megabytes << 20)]
    }
    guard let megabytes = number("SLURM_MEM_PER_CPU"), let cores = number("SLURM_CPUS_ON_NODE"),
      cores < 1 << 20
    else { return [] }
    return [
      MemoryLimit(
        .resident, "SLURM_MEM_PER_CPU for \(cores) cores", bytes: (megabytes << 20) * cores)
    ]
  }

  private static func text(of file: String) -> String {
    guard let file = try? SystemFile(file, for: .reading), let bytes = try? file.readToEnd()
    else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }
}
