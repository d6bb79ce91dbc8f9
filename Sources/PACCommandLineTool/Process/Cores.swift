import Foundation
import PACKernels

/// The cores a process may run on, and how the ranks of a node share them.
enum Cores {
  /// The cores this process may use, by the number of their first hardware thread.
  ///
  /// Two hardware threads of a core share its vector units, so they count once.
  static func allowed() -> [Int] { Set(processors().map(firstThread(ofCoreWith:))).sorted() }

  /// The hardware threads this process may use: those that OpenMP's variables bind its pool to, else
  /// those of the affinity mask.
  static func processors() -> [Int] {
    let bound = Threads.boundProcessors
    guard bound.isEmpty else { return Set(bound).sorted() }
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
    return numbers(inList: line?.split(separator: ":").last ?? "0")
  }

  private static func firstThread(ofCoreWith processor: Int) -> Int {
    let path = "/sys/devices/system/cpu/cpu\(processor)/topology/thread_siblings_list"
    let siblings = try? String(contentsOfFile: path, encoding: .utf8)
    return siblings.flatMap { numbers(inList: $0).first } ?? processor
  }

  /// The numbers of a list as Linux writes it, `0-2,8`.
  static func numbers(inList text: some StringProtocol) -> [Int] {
    text.trimmingCharacters(in: .whitespacesAndNewlines).split(separator: ",").flatMap { part in
      let ends = part.split(separator: "-").compactMap { Int($0) }
      guard let first = ends.first, let last = ends.last, first <= last else { return [Int]() }
      return Array(first...last)
    }
  }

  /// The CPU quota of the container in cores; nil if it is not limited.
  static func containerQuota() -> Double? {
    (try? String(contentsOfFile: "/sys/fs/cgroup/cpu.max", encoding: .utf8)).flatMap(quota(from:))
  }

  /// Parses the quota and the period in microseconds, `150000 100000`; `max` means no limit.
  static func quota(from text: String) -> Double? {
    let values = text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    guard values.count == 2, values[1] > 0 else { return nil }
    return values[0] / values[1]
  }

  /// The number of threads of one rank of a node: its cores divided by the ranks that share them.
  /// - Parameters:
  ///   - rank: the index of the rank in `node`.
  ///   - node: the cores that each rank of the node may use.
  ///   - quota: see `containerQuota()`; all ranks of the node share it.
  /// - Returns: the number of threads, at least 1.
  static func share(of rank: Int, among node: [Set<Int>], quota: Double?) -> Int {
    let sharing = node.count { !$0.isDisjoint(with: node[rank]) }
    let cores = node[rank].count / max(sharing, 1)
    let limit = quota.map { Int($0) / node.count } ?? cores
    return max(1, min(cores, limit))
  }
}
