import PACTestSupport
import PACVerification
import Testing

/// Layers, CRFs, networks, transforms and trajectories against double-precision reference values.
@Suite struct CaseFileTests {
  /// A case file and how many cases it holds.
  struct File: CustomTestStringConvertible {
    let path: String
    let cases: Int
    var testDescription: String {
      path.split(separator: "/").suffix(2).joined(separator: "/")
    }
  }

  /// The case files of the repository.
  static let own = [
    ("layers", 50), ("groups", 8), ("crf", 18), ("lattice", 12), ("models", 42),
    ("kernel_prediction", 16), ("residual", 8), ("filters", 8), ("segmentation", 11),
    ("transforms", 12), ("trajectories", 4),
  ].map { File(path: reference("Cases/\($0).h5"), cases: $1) }

  /// The larger sets beside the package, if they are there.
  static let larger = [
    ("layers", 60), ("crf", 24), ("models", 38), ("transforms", 9), ("trajectories", 3),
    ("dynamic_filter", 14), ("lattice", 16), ("bclcrf", 7),
  ].compactMap { name, cases in
    sharedData("golden/\(name).h5").map { File(path: $0, cases: cases) }
  }

  /// No case may be skipped.
  @Test(arguments: own + larger)
  func everyCasePasses(_ file: File) throws {
    var passed = 0
    try runCases(of: file.path) { result in
      #expect(result.outcome == .passed, "\(result.name): \(result.detail)")
      if result.outcome == .passed { passed += 1 }
    }
    #expect(passed == file.cases)
  }

  @Test func everyOperationHasCases() throws {
    let operations = try Self.own.flatMap { try caseCounts(of: $0.path).map(\.operation) }
    #expect(
      Set(operations)
        == [
          "bclcrf", "dynamic_filter", "joint_upsample", "lowres", "paccrf", "pacconv2d",
          "pacconv_transpose2d", "pacpool2d", "permutohedral_conv", "segmentation",
          "segmentation_measures", "trajectory",
        ])
  }
}
