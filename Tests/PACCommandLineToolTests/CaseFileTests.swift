import Foundation
import PACVerification
import Testing

private let expectedValues = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .appending(path: "shared/golden").path

@Suite struct CaseFileTests {
  /// Layers, CRFs, networks and trajectories against values computed in double precision elsewhere; none may be skipped.
  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: expectedValues), "no case files here"),
    arguments: ["layers.h5": 60, "crf.h5": 24, "models.h5": 38, "trajectories.h5": 3])
  func everyCasePasses(file: String, cases: Int) throws {
    var passed = 0
    try runCases(of: "\(expectedValues)/\(file)") { result in
      #expect(result.outcome == .passed, "\(result.name): \(result.detail)")
      if result.outcome == .passed { passed += 1 }
    }
    #expect(passed == cases)
  }
}
