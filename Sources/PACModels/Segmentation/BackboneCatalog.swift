extension BackboneName {
  /// All backbones.
  ///
  /// A new one is declared in a file of its own and gets a line here.
  public static let catalog = NetworkCatalog<BackboneName>([
    .single(.fcn8s(.classic)),
    .single(.fcn8s(.altPad)),
    .single(.fcn8s(.pac)),
    .single(.fcn8s(.narrow)),
    .single(.unet),
  ])
}
