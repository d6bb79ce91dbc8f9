import Foundation
import PACKernels

/// The measurement of one case.
public struct BenchmarkResult: Sendable, Codable {
  /// The case's name.
  public let name: String
  /// The number of threads.
  public let threads: Int
  /// The median time of a run.
  public let seconds: Double
  /// Useful operations per second in GFLOP/s.
  public let gflops: Double
  /// The rate of OpenBLAS's sgemm with the same number of threads, measured next to it, in GFLOP/s.
  public let sgemmGflops: Double
  /// `gflops` ÷ `sgemmGflops`.
  public var fraction: Double { gflops / sgemmGflops }
  /// The process's peak resident memory at the end of the runs, in MiB.
  public let peakMegabytes: Double
  /// The page faults of a run that the system served without a disk: memory that it mapped and
  /// cleared for the run, in pages of 4 KiB or 2 MiB.
  public let pageFaults: Double
}

/// Measures a case in this process.
///
/// Peak memory is that of the whole process, so each case should be measured in its own process.
/// - Parameters:
///   - benchmark: the case.
///   - threads: the number of threads that the kernels use, if OpenMP gives as many.
///   - repetitions: timed runs, after one warm-up run.
/// - Returns: the medians.
/// - Throws: what the case throws.
public func measure(
  _ benchmark: BenchmarkCase, threads: Int, repetitions: Int = 5
) throws -> BenchmarkResult {
  let threads = Threads.set(threads)
  let work = try benchmark.prepare()
  try work.run()
  let before = usage()
  let seconds = try median(repetitions) { try work.run() }
  let after = usage()
  _ = multiplyYardstickMatrices(threads: threads)
  var operations = 0.0
  let product = median(repetitions) { operations = multiplyYardstickMatrices(threads: threads) }
  return BenchmarkResult(
    name: benchmark.name, threads: threads, seconds: seconds,
    gflops: work.usefulOperations / seconds / 1e9, sgemmGflops: operations / product / 1e9,
    peakMegabytes: Double(after.ru_maxrss) / 1024,
    pageFaults: Double(after.ru_minflt - before.ru_minflt) / Double(repetitions))
}

private func median(_ repetitions: Int, _ body: () throws -> Void) rethrows -> Double {
  median(try (0..<repetitions).map { _ in try seconds(body) })
}

/// The median of some numbers.
func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// The seconds that `body` takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
  try ContinuousClock().measure(body) / .seconds(1)
}

private func usage() -> rusage {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return usage
}
