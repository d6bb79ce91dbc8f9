extension UpsamplerName {
  /// All networks and filters that upsample.
  ///
  /// A new one is declared in a file of its own and gets a line here.
  public static let catalog = NetworkCatalog<UpsamplerName>([
    .pacJointUpsample,
    .single(.pacJointUpsampleLite),
    .single(.djif),
    .single(.djifWide),
    .jointBilateral,
    .guidedFilter,
    .bilateralSolver,
    .single(.bilinear),
    .single(.bicubic),
  ])

  /// Reads a name.
  /// - Throws: `ModelError` if no network has it.
  public init(_ name: String) throws(ModelError) { self = try Self.catalog.network(name) }
}
