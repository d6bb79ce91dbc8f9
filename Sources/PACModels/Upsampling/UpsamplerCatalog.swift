extension UpsamplerName {
  /// All networks and filters that upsample.
  ///
  /// To add one, declare it in its own file and add a line here.
  public static let catalog = NetworkCatalog<UpsamplerName>([
    .pacJointUpsample,
    .single(.pacJointUpsampleLite),
    .single(.kernelPredictionUpsample),
    .single(.djif),
    .single(.djifWide),
    .single(.djfr),
    .single(.dmsg),
    .jointBilateral,
    .guidedFilter,
    .bilateralSolver,
    .single(.bilinear),
    .single(.bicubic),
  ])

  /// Finds a name.
  /// - Throws: `ModelError` if no network has this name.
  public init(_ name: String) throws(ModelError) { self = try Self.catalog.network(name) }
}
