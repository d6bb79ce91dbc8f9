import CPACOpenBLAS

extension OpenBLAS {
  /// The address space of the buffer that each product running at a time uses, in bytes.
  ///
  /// That of Debian's build; hardly any of it is ever written.
  public static let bufferSize = 128 << 20

  /// How many buffers its list holds.
  private static let mostBuffers = 128

  /// Makes the buffers of as many products at a time now, while there is address space.
  ///
  /// If the system refuses one, OpenBLAS asks again for ever, so the caller checks before that it
  /// would not.
  /// - Parameter count: how many threads will multiply matrices.
  public static func makeBuffers(_ count: Int) {
    let buffers = (0..<min(count, mostBuffers)).map { _ in blas_memory_alloc(0) }
    for buffer in buffers { blas_memory_free(buffer) }
  }
}
