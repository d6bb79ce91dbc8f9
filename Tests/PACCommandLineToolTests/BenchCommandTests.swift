import Foundation
import PACTestSupport
import Testing

@Suite(.serialized) struct BenchCommandTests {
  private struct Line: Decodable {
    let `case`: String
    let threads: Int
    let seconds: Double
    let gflops: Double
    let sgemmGflops: Double
    let fraction: Double
    let peakMb: Double
  }

  @Test func listNamesTheCases() throws {
    let result = try pac("bench", "--list")
    #expect(result.status == 0)
    let lines = result.output.split(separator: "\n")
    #expect(lines.allSatisfy { $0.split(separator: " ").count > 1 })
    let names = Set(lines.compactMap { $0.split(separator: " ").first })
    #expect(names.count == lines.count)
    #expect(names.isSuperset(of: ["upsample4", "upsample8", "upsample16"]))
    // Every network with parameters has its training step.
    #expect(names.isSuperset(of: ["upsample8-DJIF", "upsample8-KernelPredictionUpsample"]))
  }

  @Test func measuresACase() throws {
    let result = try pac(
      "bench", "upsample8", "--threads", "1", "--repetitions", "1", "--json", timeout: 120)
    #expect(result.status == 0, "\(result)")
    #expect(result.errors.isEmpty)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let line = try decoder.decode(Line.self, from: Data(result.output.utf8))
    #expect(line.case == "upsample8")
    #expect(line.threads == 1)
    // 39.8 billion useful operations, see the case.
    #expect(abs(line.gflops * line.seconds - 39.8) < 0.05, "\(line)")
    #expect(line.sgemmGflops > 1 && line.fraction > 0)
    #expect(abs(line.fraction - line.gflops / line.sgemmGflops) < 1e-9)
    #expect(line.peakMb > 20 && line.peakMb < 2000)
  }

  @Test func measuresTheFullyConnectedCRF() throws {
    let result = try pac(
      "bench", "fullcrf", "--threads", "1", "--repetitions", "1", "--json", timeout: 120)
    #expect(result.status == 0, "\(result)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let line = try decoder.decode(Line.self, from: Data(result.output.utf8))
    // 21 classes, 500×500, 5 steps, nine corners twice, a multiplication and an addition each.
    #expect(abs(line.gflops * line.seconds - 0.945) < 1e-3, "\(line)")
  }

  /// More than splat and slice alone: 21 classes, 500×500, 5 steps.
  @Test func measuresTheLatticeCRF() throws {
    let result = try pac(
      "bench", "bclcrf", "--threads", "1", "--repetitions", "1", "--json", timeout: 120)
    #expect(result.status == 0, "\(result)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let line = try decoder.decode(Line.self, from: Data(result.output.utf8))
    #expect(line.gflops * line.seconds > 0.945 && line.gflops * line.seconds < 20, "\(line)")
  }

  @Test func posterRefusesWhatItCannotMeasure() throws {
    let result = try pac("bench", "poster", "--repetitions", "0")
    #expect(result.status == 2)
    #expect(result.errors.contains("cannot repeat 0 times"), "\(result.errors)")
  }

  @Test func tableHasARowForEachCase() throws {
    let result = try pac(
      "bench", "upsample16", "upsample8", "--threads", "2", "--repetitions", "1", timeout: 120)
    #expect(result.status == 0, "\(result)")
    let rows = result.output.split(separator: "\n").map {
      $0.split(separator: " ").map(String.init)
    }
    #expect(
      rows.first
        == [
          "case", "threads", "seconds", "gflops", "sgemm_gflops", "fraction", "peak_mb", "faults",
        ])
    #expect(rows.dropFirst().map(\.[0]) == ["upsample16", "upsample8"])
    #expect(rows.dropFirst().allSatisfy { $0[1] == "2" && $0.count == 8 })
  }
}

/// The measurements that ranks make together: what they print, not how fast they are.
@Suite(.enabled(if: hasMPI, "mpirun is not installed"), .serialized)
struct BenchRanksTests {
  /// What rank 0 prints: the numbers, and the words.
  private func rows(
    _ ranks: Int, _ arguments: String...
  ) throws -> [(numbers: [String: Double], words: [String: String])] {
    let job = try mpirun(ranks: ranks, try product("pac"), ["bench"] + arguments, timeout: 120)
    try #require(job.succeeded, "\(job)")
    for other in job.ranks.dropFirst() { #expect(other.output.isEmpty, "only rank 0 prints") }
    return try job.ranks[0].output.split(separator: "\n").map {
      let object = try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
      return (object.compactMapValues { $0 as? Double }, object.compactMapValues { $0 as? String })
    }
  }

  @Test(arguments: [2, 3])
  func sumsBesideMPI(ranks: Int) throws {
    let rows = try rows(
      ranks, "allreduce", "--floats", "7,300000", "--repetitions", "2", "--json"
    ).map(\.numbers)
    #expect(rows.map { $0["floats"] } == [7, 300_000])
    for row in rows {
      #expect(row["ranks"] == Double(ranks))
      for name in ["repeatable_s", "fastest_s", "mpi_s", "ratio", "gb_per_s"] {
        #expect(row[name] ?? 0 > 0, "\(name)")
      }
      let bytes = 8 * (row["floats"] ?? 0) * Double(ranks - 1) / Double(ranks)
      #expect(abs((row["gb_per_s"] ?? 0) * (row["repeatable_s"] ?? 0) * 1e9 / bytes - 1) < 1e-9)
    }
  }

  @Test func stepsOfOneTwoAndThreeRanks() throws {
    let both = try rows(3, "step", "--size", "32", "--repetitions", "1", "--json")
    #expect(
      both.map { $0.words["scaling"] } == ["weak", "weak", "weak", "strong", "strong", "strong"])
    let (weak, strong) = (both.prefix(3).map(\.numbers), both.suffix(3).map(\.numbers))
    #expect(weak.map { $0["ranks"] } == [1, 2, 3])
    #expect(weak.map { $0["samples"] } == [1, 2, 3])
    #expect(weak[0]["efficiency"] == 1 && weak[0]["hidden"] == nil)
    for row in weak {
      let expected = (weak[0]["seconds"] ?? 0) / (row["seconds"] ?? 1)
      #expect(abs((row["efficiency"] ?? 0) - expected) < 1e-9)
    }
    #expect(strong.map { $0["samples"] } == [3, 3, 3])
    for row in strong {
      let expected = (strong[0]["seconds"] ?? 0) / (row["seconds"] ?? 1) / (row["ranks"] ?? 1)
      #expect(abs((row["efficiency"] ?? 0) - expected) < 1e-9)
    }
    let chosen = try rows(
      2, "step", "--size", "32", "--repetitions", "1", "--json", "--global-batch", "3")
    #expect(chosen.map { $0.numbers["samples"] } == [3, 3])
  }

  @Test func refusesWhatItCannotMeasure() throws {
    for (arguments, problem) in [
      (["allreduce", "--floats", "10,x"], "cannot use --floats 10,x"),
      (["step", "--size", "30"], "cannot use size 30, choose a multiple of 8"),
      (["step", "upsample3"], "unknown network 'upsample3', choose one of upsample4, "),
      (["step", "--repetitions", "0"], "cannot repeat 0 times"),
    ] {
      let result = try run(try product("pac").path, ["bench"] + arguments, timeout: 60)
      #expect(result.status == 2)
      #expect(result.errors.contains(problem), "\(result.errors)")
    }
  }
}
