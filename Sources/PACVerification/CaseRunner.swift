import PACHDF5

/// The result of one case.
public struct CaseResult: Sendable {
  /// Whether the case passed, failed or was skipped.
  public enum Outcome: String, Sendable {
    /// Every expected array was compared and is within the tolerance.
    case passed
    /// An array is outside the tolerance, or the case could not be computed.
    case failed
    /// This version cannot compute the case.
    case skipped
  }

  /// The case file.
  public let file: String
  /// The case's name.
  public let name: String
  /// The operation it computes.
  public let operation: String
  /// Whether it passed.
  public let outcome: Outcome
  /// The worst deviation of all arrays, relative to the largest expected value; nil if nothing was
  /// compared.
  public let worstError: Double?
  /// The largest deviation that passes.
  public let tolerance: Double
  /// The array with the worst deviation, or why the case failed or was skipped.
  public let detail: String
}

/// A part of a case that this version cannot compute.
struct Unsupported: Error { let what: String }

/// Runs every case of a case file (format: docs/case-format.md).
/// - Parameters:
///   - path: the HDF5 file.
///   - report: called with each result as soon as it is known.
/// - Throws: `HDF5Error` if it is not an HDF5 file with cases.
public func runCases(of path: String, report: (CaseResult) -> Void) throws {
  let root = try openCases(path)
  for name in try root.names() {
    report(result(of: try VerificationCase(name, in: root), file: path))
  }
}

/// Opens a case file and returns its root group.
func openCases(_ path: String) throws -> HDF5Group {
  let root = try HDF5File(reading: path).root
  guard (try? root.string(attribute: "format")) == "pac-cases" else {
    throw root.error(
      "attribute 'format' is not 'pac-cases'", advice: "give a case file, such as layers.h5")
  }
  return root
}

private func result(of verification: VerificationCase, file: String) -> CaseResult {
  func make(_ outcome: CaseResult.Outcome, _ error: Double?, _ detail: String) -> CaseResult {
    CaseResult(
      file: file, name: verification.name, operation: verification.operation, outcome: outcome,
      worstError: error, tolerance: verification.tolerance, detail: detail)
  }
  do {
    let deviations = try deviations(of: verification)
    guard let worst = deviations.max(by: { $0.error < $1.error }) else {
      return make(.failed, nil, "the case has no expected arrays")
    }
    return make(worst.error <= verification.tolerance ? .passed : .failed, worst.error, worst.array)
  } catch let unsupported as Unsupported {
    return make(.skipped, nil, unsupported.what)
  } catch {
    return make(.failed, nil, "\(error)")
  }
}

private func deviations(of verification: VerificationCase) throws -> [Deviation] {
  switch verification.operation {
  case "pacconv2d", "pacconv_transpose2d", "pacpool2d": try layerDeviations(verification)
  case "dynamic_filter": try dynamicFilterDeviations(verification)
  case "paccrf": try crfDeviations(verification)
  case "permutohedral_conv": try latticeDeviations(verification)
  case "bclcrf": try latticeCRFDeviations(verification)
  case "joint_upsample": try upsamplingDeviations(verification)
  case "lowres": try lowResolutionDeviations(verification)
  case "trajectory": try trajectoryDeviations(verification)
  case "segmentation": try segmentationDeviations(verification)
  case "segmentation_measures": try segmentationMetricDeviations(verification)
  default: throw Unsupported(what: "operation '\(verification.operation)'")
  }
}
