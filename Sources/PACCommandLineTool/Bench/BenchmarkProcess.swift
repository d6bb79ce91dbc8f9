import ArgumentParser
import CPACPlatform
import Foundation
import PACBenchmarking
import PACKernels

/// How cases are measured, each in a process of its own.
struct CaseArguments: ParsableArguments {
  @Option(help: "Threads; one a core if left out.")
  var threads: Int?

  @Option(help: "Timed runs of each case; their median counts.")
  var repetitions = 5

  @Flag(help: "Print one JSON object a line.")
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

  /// What the process of one case does.
  func measureHere(_ chosen: [BenchmarkCase]) throws {
    pac_end_with_parent()
    for item in chosen {
      let result = try measure(item, threads: threadCount, repetitions: repetitions)
      print(String(decoding: try JSONEncoder().encode(result), as: UTF8.self))
    }
  }

  /// Runs a case in a process of its own; what that one prints on standard error appears here.
  func measureApart(_ name: String) throws -> BenchmarkResult {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
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
        description: "case \(name): signal \(process.terminationStatus) ended its process; "
          + "check that the memory suffices")
    }
    // It has said why.
    guard process.terminationStatus == 0 else { throw ExitCode(1) }
    return try JSONDecoder().decode(BenchmarkResult.self, from: output)
  }
}

/// Why a case could not be measured.
private struct BenchmarkError: Error, CustomStringConvertible { let description: String }
