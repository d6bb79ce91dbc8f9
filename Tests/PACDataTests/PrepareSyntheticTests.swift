import Foundation
import PACData
import PACTestSupport
import Testing

/// What the command's tests do not reach; the contents are checked there.
@Suite struct PrepareSyntheticTests {
  @Test func progressCountsEverySample() throws {
    let folder = try TemporaryFolder()
    var calls: [[Int]] = []
    let summary = try prepareSynthetic(
      to: folder("a.h5"),
      options: SyntheticOptions(count: 7, test: .ratio(0.3), width: 12, height: 10)
    ) { calls.append([$0, $1]) }
    #expect(calls.map(\.[0]) == Array(1...7))
    #expect(summary.count == 7)
    #expect(summary.splits == ["train": 5, "test": 2])
    #expect(summary.smallestHeight == 10)
    #expect(summary.smallestWidth == 12)
  }

  @Test func givingUpLeavesNothing() throws {
    struct Enough: Error {}
    let folder = try TemporaryFolder()
    #expect(throws: Enough.self) {
      try prepareSynthetic(
        to: folder("a.h5"), options: SyntheticOptions(count: 9, width: 8, height: 8)
      ) { done, _ in if done == 2 { throw Enough() } }
    }
    #expect(try folder.names().isEmpty)
  }

  @Test func impossibleOptions() throws {
    let folder = try TemporaryFolder()
    func prepare(_ options: SyntheticOptions) -> String {
      message { try prepareSynthetic(to: folder("a.h5"), options: options) }
    }
    #expect(prepare(SyntheticOptions(count: 0)) == "0 scenes; render at least 1")
    #expect(
      prepare(SyntheticOptions(width: 7))
        == "scenes of 240 × 7 pixels (rows × columns); choose 8 to 8192 of each")
    #expect(
      prepare(SyntheticOptions(count: 4))
        == "cannot hold out 8 of 4 samples for testing; choose fewer")
    #expect(try folder.names().isEmpty)
  }
}
