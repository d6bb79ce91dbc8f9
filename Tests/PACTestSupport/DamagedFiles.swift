import Foundation

/// The result of reading many damaged copies of a file.
public struct DamageReport: Sendable {
  /// How many were read as if nothing were wrong.
  public internal(set) var accepted = 0
  /// How many were rejected.
  public internal(set) var refused = 0
  /// What must not happen: crashes, runaway memory, endless reading, messages that do not name the
  /// file on one line.
  public internal(set) var failures: [String] = []
}

/// Reads damaged copies of a file in a process of its own, so that a crash is seen as one.
///
/// The process, `ReaderProgram`, may allocate `allowance` mebibytes more than after reading the
/// intact file, which it does first; an allocation beyond that ends it. When it ends, the rest is
/// read by another one.
/// - Parameters:
///   - sample: the intact file.
///   - format: what it is, a name in `ReaderProgram`.
///   - count: how many copies.
///   - seed: decides the damage.
///   - allowance: in mebibytes.
///   - together: how many copies one process reads; 1 for a library that damages the process's
///     memory now and then.
///   - marks: what parts of the file begin with; if given, the damage is behind them.
///   - repair: makes checksums fit again, so that more than the checksum is tested.
/// - Returns: what happened.
/// - Throws: if the process cannot be started.
public func readDamaged(
  _ sample: Data, format: String, count: Int, seed: UInt64, allowance: Int = 64,
  together: Int = .max, marks: [Data] = [],
  repair: (Data) -> Data = { $0 }
) throws -> DamageReport {
  let folder = try TemporaryFolder()
  try folder.write(sample, as: "intact")
  let mutations = (0..<count).map { number in
    let seed = seed &* 1_000_003 &+ UInt64(number)
    return marks.isEmpty
      ? Mutation(sample, seed: seed) : Mutation(sample, behind: marks, seed: seed)
  }
  for (number, mutation) in mutations.enumerated() {
    try folder.write(repair(mutation.data), as: "\(number)")
  }
  var report = DamageReport()
  var next = 0
  while next < count, report.failures.count < 20 {
    let end = together < count - next ? next + together : count
    let result = try run(
      try product("PACReaderProgram").path,
      [format, "\(allowance)", folder.path, "\(next)", "\(end)"], timeout: 120)
    var ended = next
    for line in result.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      let words = line.split(separator: " ", maxSplits: 1)
      guard let number = words.first.flatMap({ Int($0) }), words.count == 2 else { continue }
      ended = number + 1
      if words[1] == "read" {
        report.accepted += 1
      } else if words[1].hasPrefix("refused: \(folder.path)/\(number)") {
        report.refused += 1
      } else {
        report.failures.append("\(mutations[number]): \(words[1])")
      }
    }
    if result.status == 0, ended == end {
      next = end
      continue
    }
    let kind = result.timedOut ? "does not end" : "ended with status \(result.status)"
    let what = ended < end ? "\(mutations[ended])" : "at the end"
    report.failures.append("file \(ended) (\(what)) \(kind) \(result.errors.suffix(300))")
    next = ended + 1
  }
  return report
}
