extension SegmentationModelName {
  public static var fcn8s: SegmentationModelName {
    SegmentationModelName(.classic, isFrozen: false)
  }
  public static var heads: [String] { FCN8sVariant.allCases.map(\.rawValue) }
  @Sendable public static func fault(in name: String) -> String? {
    guard claims(name) else { return nil }
    do throws(ModelError) { _ = try SegmentationModelName(name) } catch { return error.description }
    return nil
  }
}
extension SegmentationModel { public var means: [Float] { [104.008, 116.669, 122.675] } }
