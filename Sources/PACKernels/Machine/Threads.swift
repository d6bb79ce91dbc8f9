import CPACPlatform

/// The OpenMP pool on which the kernels and oneDNN run.
public enum Threads {
  /// How many threads the next parallel kernel called from this thread uses.
  public static var count: Int { Int(omp_get_max_threads()) }

  /// Sets how many threads the kernels called from this thread use from now on.
  ///
  /// OMP_THREAD_LIMIT or OMP_MAX_ACTIVE_LEVELS may leave fewer. A library that expects the others,
  /// as oneDNN does, would wait for them in a barrier, or take for written what they were to write.
  /// So a parallel region counts them, and they become the number to use. OMP_DYNAMIC, by which
  /// every region may get another number, is switched off.
  /// - Parameter count: how many are wanted, at least 1; libgomp ends the process if the system
  ///   refuses to start them.
  /// - Returns: how many there are.
  @discardableResult
  public static func set(_ count: Int) -> Int {
    precondition(count >= 1, "\(count) threads")
    omp_set_dynamic(0)
    omp_set_num_threads(Int32(count))
    let given = inParallelRegion()
    omp_set_num_threads(Int32(given))
    return given
  }

  /// The number of threads that a parallel region gets.
  private static func inParallelRegion() -> Int {
    var given = 0
    GOMP_parallel(
      { raw in
        if omp_get_thread_num() == 0 {
          raw?.assumingMemoryBound(to: Int.self).pointee = Int(omp_get_num_threads())
        }
      }, &given, UInt32(omp_get_max_threads()), 0)
    return max(given, 1)
  }

  /// The processors that OMP_PLACES and OMP_PROC_BIND give to the pool; empty if they do not bind.
  ///
  /// The runtime binds the first thread to one of them when it is loaded, so that the affinity of
  /// the process no longer tells.
  public static var boundProcessors: [Int] {
    (0..<omp_get_num_places()).flatMap { place in
      var processors = [Int32](repeating: 0, count: Int(omp_get_place_num_procs(place)))
      omp_get_place_proc_ids(place, &processors)
      return processors.map(Int.init)
    }
  }
}
