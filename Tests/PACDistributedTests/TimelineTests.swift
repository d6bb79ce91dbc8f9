import Foundation
import Testing

@testable import PACDistributed

@Suite struct TimelineTests {
  private struct Document: Decodable {
    struct Event: Decodable {
      let name: String
      let ph: String
      let pid: Int
      let tid: Int?
      let cat: String?
      let ts: Double?
      let dur: Double?
    }
    let traceEvents: [Event]
  }

  private func document(_ timeline: Timeline) throws -> Document {
    let communicator = try Communicator.start()
    defer { try? communicator.finish() }
    let text = try timeline.document(communicator) ?? ""
    return try JSONDecoder().decode(Document.self, from: Data(text.utf8))
  }

  @Test func simultaneousMessagesGetRowsOfTheirOwn() throws {
    let timeline = Timeline(mostSpans: 10)
    let begin = timeline.now
    timeline.measure("forward", .forward) { _ = usleep(2000) }
    let first = timeline.now
    let second = timeline.now
    timeline.add("bucket 1", .reduction, from: first)
    timeline.add("bucket 0", .reduction, from: second)
    let third = timeline.now
    let end = ContinuousClock.now
    usleep(2000)
    timeline.add("parameters 2", .delivery, from: third, to: end)
    let longest = Double(timeline.now - third) / 1000 - 2000
    timeline.add("never", .data, from: nil)
    let events = try document(timeline).traceEvents.filter { $0.ph == "X" }
    #expect(events.map(\.name) == ["forward", "bucket 1", "bucket 0", "parameters 2"])
    #expect(events.map(\.tid) == [0, 1, 2, 1])
    #expect(events.map(\.cat) == ["forward", "reduction", "reduction", "delivery"])
    #expect((events.last?.dur ?? .infinity) <= longest, "until it ended, not until it was noted")
    let forward = try #require(events.first)
    #expect((forward.dur ?? 0) >= 2000, "in microseconds")
    #expect((forward.ts ?? 0) >= Double(begin) / 1000 - 0.001)
  }

  @Test func saysThatItWasCutOff() throws {
    let timeline = Timeline(mostSpans: 2)
    for _ in 0..<5 { timeline.measure("forward", .forward) {} }
    let events = try document(timeline).traceEvents
    #expect(events.count { $0.ph == "X" } == 2)
    #expect(timeline.events(rank: 0)[0].contains("the last 3 spans are missing"))
  }
}
