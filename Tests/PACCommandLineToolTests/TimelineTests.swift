import Foundation
import PACTestSupport
import Testing

@Suite(.enabled(if: hasMPI, "mpirun is not installed"), .serialized)
struct TimelineTests {
  private struct Document: Decodable {
    struct Event: Decodable {
      let name: String
      let ph: String
      let pid: Int
      let cat: String?
      let ts: Double?
      let dur: Double?
    }
    let traceEvents: [Event]
  }

  private let messages = ["reduction", "delivery"]

  @Test func everyRankHasARowWithAllPhases() throws {
    let project = try TrainingProject()
    let file = project.folder("timeline.json")
    let result = try project("train", ranks: 2, "--timeline", file, "epochs=1", "global-batch=4")
    try #require(result.status == 0, "\(result.errors)")
    let document = try JSONDecoder().decode(
      Document.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
    for rank in 0..<2 {
      let events = document.traceEvents.filter { $0.pid == rank && $0.ph == "X" }
      // Seven samples in batches of four and three: the ranks take two and two, then one and two.
      let samples = rank == 0 ? 3 : 4
      for (phase, count) in [
        ("data", samples), ("forward", samples), ("backward", samples), ("waiting", 2),
        ("optimizer", 2), ("checkpoint", 1), ("evaluation", 1),
      ] {
        #expect(events.count { $0.cat == phase } == count, "\(phase) of rank \(rank)")
      }
      // As many buckets in each of the two steps.
      for phase in messages {
        let buckets = events.filter { $0.cat == phase }
        #expect(buckets.count >= 2 && buckets.count == 2 * Set(buckets.map(\.name)).count)
      }
      // One after the other, apart from messages.
      let row = events.filter { !messages.contains($0.cat ?? "") }
        .sorted { ($0.ts ?? 0) < ($1.ts ?? 0) }
      for (span, next) in zip(row, row.dropFirst()) {
        #expect((span.ts ?? 0) + (span.dur ?? 0) <= (next.ts ?? 0) + 0.002)
      }
    }
    #expect(document.traceEvents.contains { $0.ph == "M" && $0.name == "process_name" })
  }

  @Test func aPathThatCannotBeWrittenIsRefusedAtOnce() throws {
    let project = try TrainingProject()
    let result = try project("train", "--timeline", project.folder("no/such/folder.json"))
    #expect(result.status == 1)
    #expect(
      result.errors
        == "error: --timeline \(project.folder("no/such/folder.json")): cannot write the file "
        + "(No such file or directory); choose a file in a writable folder\n")
    #expect(try !project.folder.names().contains("run"))
  }
}
