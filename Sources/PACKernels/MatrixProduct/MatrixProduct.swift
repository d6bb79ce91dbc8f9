import CPACOpenBLAS

/// A row-major matrix inside a larger block of memory.
struct Matrix {
  let pointer: UnsafePointer<Float>
  let rows: Int
  let columns: Int
  /// Elements from one row to the next.
  let stride: Int
  var transposed = false

  init(_ pointer: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
    self.pointer = pointer
    self.rows = rows
    self.columns = columns
    self.stride = stride ?? columns
  }

  init(_ pointer: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
    self.init(UnsafePointer(pointer), rows: rows, columns: columns, stride: stride)
  }

  /// The same memory read as the transposed matrix.
  var transpose: Matrix {
    var result = self
    result.transposed.toggle()
    return result
  }
}

/// result = a · b, or with `accumulating` result += a · b, through OpenBLAS on the calling thread
/// alone.
func multiply(
  _ a: Matrix, _ b: Matrix, into result: UnsafeMutablePointer<Float>, stride: Int,
  accumulating: Bool = false
) {
  _ = singleThreadedOpenBLAS
  let (m, k) = a.transposed ? (a.columns, a.rows) : (a.rows, a.columns)
  let (k2, n) = b.transposed ? (b.columns, b.rows) : (b.rows, b.columns)
  precondition(k == k2, "matrix product of \(m)×\(k) and \(k2)×\(n)")
  guard m > 0, n > 0 else { return }
  cblas_sgemm(
    CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans,
    b.transposed ? CblasTrans : CblasNoTrans,
    blasint(m), blasint(n), blasint(k), 1, a.pointer, blasint(a.stride), b.pointer,
    blasint(b.stride), accumulating ? 1 : 0, result, blasint(stride))
}

/// The tiles of a kernel are spread over the OpenMP pool; within a tile OpenBLAS must not start
/// threads of its own.
private let singleThreadedOpenBLAS: Void = openblas_set_num_threads(1)
