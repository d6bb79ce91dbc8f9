import ArgumentParser
import CPACPlatform
import Foundation
import PACBenchmarking
import PACKernels

/// How cases are measured, each in its own process.
struct CaseArguments: ParsableArguments {
  @Option(help: "Threads that the kernels use (default: one per core).")
  var threads: Int?

  @Option(help: "Timed runs of each case; the median is reported.")
  var repetitions = 5

  @Flag(help: "Print the rows as JSON, one object per line.")
  var json = false

  func validate() throws {
    guard (1...1024).contains(threads ?? 1) else {
      throw ValidationError("Cannot use \(threads ?? 0) threads, choose 1 to 1024")
    }
    guard (1...10_000).contains(repetitions) else {
      throw ValidationError("Cannot repeat \(repetitions) times, choose 1 to 10000")
    }
  }

  private var threadCount: Int { threads ?? Threads.count }

  /// Measures cases in this process: what the process of one case does.
  func measureHere(_ chosen: [BenchmarkCase]) throws {
    pac_end_with_parent()
    for item in chosen {
      let result = try measure(item, threads: threadCount, repetitions: repetitions)
      print(String(decoding: try JSONEncoder().encode(result), as: UTF8.self))
    }
  }

  /// Runs a case in its own process, which shares this one's standard error.
  func measureApart(_ name: String) throws -> BenchmarkResult {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: ProcessSetup.programPath)
    process.arguments = [
      "bench", "cases", name, "--threads", "\(threadCount)", "--repetitions", "\(repetitions)",
      "--in-this-process",
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationReason == .exit else {
      throw BenchmarkError(
        description: "case \(name): its process was killed by signal "
          + "\(process.terminationStatus); check that there is enough memory")
    }
    // The process has printed why it failed.
    guard process.terminationStatus == 0 else { throw ExitCode(1) }
    return try JSONDecoder().decode(BenchmarkResult.self, from: output)
  }
}

/// Why a case could not be measured.
private struct BenchmarkError: Error, CustomStringConvertible { let description: String }
