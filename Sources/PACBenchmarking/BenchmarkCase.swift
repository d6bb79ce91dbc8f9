/// One workload whose speed is measured.
public struct BenchmarkCase: Sendable {
  /// The name on the command line; `Benchmarks/pytorch` uses the same names for the same workloads.
  public let name: String
  /// A description of one line.
  public let summary: String
  let prepare: @Sendable () throws -> Work

  /// A workload that is ready to run.
  struct Work {
    /// The floating-point operations that a run requires: a multiplication and an addition for each
    /// weight at each pixel, and nothing for the overhead of an implementation.
    let usefulOperations: Double
    let run: () throws -> Void
  }

  /// Every case.
  public static let all: [BenchmarkCase] =
    upsampling + evaluation + crf + refinement + segmentation + fcn8sLayers + layers
    + groupedLayers + predictedFilters + scaling
}
