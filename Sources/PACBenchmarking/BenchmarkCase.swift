/// One piece of work whose speed is measured.
public struct BenchmarkCase: Sendable {
  /// The name on the command line; those of `Benchmarks/pytorch` mean the same work.
  public let name: String
  /// One line about the work.
  public let summary: String
  let prepare: @Sendable () throws -> Work

  /// Work that is ready to run.
  struct Work {
    /// The floating-point operations a run needs: a multiplication and an addition for each weight that meets a pixel,
    /// nothing for what an implementation does besides.
    let usefulOperations: Double
    let run: () throws -> Void
  }

  /// Every case.
  public static let all: [BenchmarkCase] =
    [4, 8, 16].map(upsampling) + evaluation + crf + refinement + segmentation + fcn8sLayers + layers
    + scaling
}
