import CPACOpenBLAS

/// What the loaded OpenBLAS says about itself.
public enum OpenBLAS {
  /// The processor whose kernels it runs, such as `Haswell` or `SkylakeX`.
  ///
  /// Chosen when the library is loaded: OPENBLAS_CORETYPE, if set by then, else what it takes this
  /// processor for.
  public static var core: String {
    guard let name = openblas_get_corename() else { return "unknown" }
    return String(cString: name)
  }
}
