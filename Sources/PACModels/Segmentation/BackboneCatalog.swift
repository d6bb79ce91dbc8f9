extension BackboneName {
  /// All backbones.
  ///
  /// To add one, declare it in its own file and add a line here.
  public static let catalog = NetworkCatalog<BackboneName>([
    .single(.fcn8s(.classic)),
    .single(.fcn8s(.altPad)),
    .single(.fcn8s(.pac)),
    .single(.fcn8s(.narrow)),
    .single(.unet),
  ])
}
