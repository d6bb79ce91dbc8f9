import Foundation
import TestSupport
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

  @Test func tableHasARowForEachCase() throws {
    let result = try pac(
      "bench", "upsample16", "upsample8", "--threads", "2", "--repetitions", "1", timeout: 120)
    #expect(result.status == 0, "\(result)")
    let rows = result.output.split(separator: "\n").map {
      $0.split(separator: " ").map(String.init)
    }
    #expect(
      rows.first
        == ["case", "threads", "seconds", "gflops", "sgemm_gflops", "fraction", "peak_mb"])
    #expect(rows.dropFirst().map(\.[0]) == ["upsample16", "upsample8"])
    #expect(rows.dropFirst().allSatisfy { $0[1] == "2" && $0.count == 7 })
  }
}
