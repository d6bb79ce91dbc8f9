/// Multiplies square matrices of 1024×1024 on every thread of the pool, each thread its own: the
/// yardstick for the rate this machine reaches in single precision.
/// - Returns: the floating-point operations done: 2·1024³ for each thread.
public func multiplyYardstickMatrices(threads: Int) -> Double {
  let size = 1024
  parallelFor(threads) { _ in
    let a = ScratchBuffer(zeros: size * size)
    let c = ScratchBuffer(count: size * size)
    let matrix = Matrix(a.pointer, rows: size, columns: size)
    multiply(matrix, matrix, into: c.pointer, stride: size)
  }
  return 2 * Double(size * size * size) * Double(threads)
}
