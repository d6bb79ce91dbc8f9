import Foundation
import PACKernels

/// What one case took.
public struct BenchmarkResult: Sendable, Codable {
  /// The case's name.
  public let name: String
  /// Threads used.
  public let threads: Int
  /// Median of several runs.
  public let seconds: Double
  /// Useful operations a second, in 10⁹.
  public let gflops: Double
  /// The rate of OpenBLAS's matrix product on as many threads, measured in the same run, in 10⁹.
  public let sgemmGflops: Double
  /// `gflops` ÷ `sgemmGflops`.
  public var fraction: Double { gflops / sgemmGflops }
  /// The process's largest resident memory up to the end of the runs, in 2²⁰ bytes.
  public let peakMegabytes: Double
}

/// Runs a case in this process.
///
/// Peak memory is the whole process's: a case is to be measured in a process of its own.
/// - Parameters:
///   - benchmark: the case.
///   - threads: how many threads the kernels use.
///   - repetitions: runs after the first, which only warms up.
/// - Returns: the medians.
/// - Throws: what the case throws.
public func measure(
  _ benchmark: BenchmarkCase, threads: Int, repetitions: Int = 5
) throws -> BenchmarkResult {
  Threads.set(threads)
  let work = try benchmark.prepare()
  try work.run()
  let seconds = try median(repetitions) { try work.run() }
  let peak = peakMegabytes()
  _ = multiplyYardstickMatrices(threads: threads)
  var operations = 0.0
  let product = median(repetitions) { operations = multiplyYardstickMatrices(threads: threads) }
  return BenchmarkResult(
    name: benchmark.name, threads: threads, seconds: seconds,
    gflops: work.usefulOperations / seconds / 1e9, sgemmGflops: operations / product / 1e9,
    peakMegabytes: peak)
}

private func median(_ repetitions: Int, _ body: () throws -> Void) rethrows -> Double {
  median(try (0..<repetitions).map { _ in try seconds(body) })
}

/// The middle one of some numbers.
func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// How long `body` takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
  try ContinuousClock().measure(body) / .seconds(1)
}

private func peakMegabytes() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return Double(usage.ru_maxrss) / 1024
}
