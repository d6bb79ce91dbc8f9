import CPACPlatform

/// The OpenMP pool on which the kernels and oneDNN run.
public enum Threads {
  /// How many threads the next parallel kernel called from this thread uses.
  public static var count: Int { Int(omp_get_max_threads()) }

  /// Sets how many threads the kernels called from this thread use from now on.
  /// - Parameter count: at least 1.
  public static func set(_ count: Int) {
    precondition(count >= 1, "\(count) threads")
    omp_set_num_threads(Int32(count))
  }
}
