/// One channel of an image in double precision, row-major.
struct Plane: Equatable {
  let height: Int
  let width: Int
  var values: [Double]

  init(height: Int, width: Int, values: [Double]) {
    precondition(
      values.count == height * width, "\(values.count) values for \(height)×\(width)")
    self.height = height
    self.width = width
    self.values = values
  }

  /// The transpose: rows become columns.
  func transposed() -> Plane {
    let result = [Double](unsafeUninitializedCapacity: values.count) { result, count in
      for y in 0..<height {
        for x in 0..<width { result[x * height + y] = values[y * width + x] }
      }
      count = values.count
    }
    return Plane(height: width, width: height, values: result)
  }

  /// Every `factor`-th value of every `factor`-th row, from position `offset` on.
  func decimated(by factor: Int, offset: Int) -> Plane {
    let rows = Array(stride(from: offset, to: height, by: factor))
    let columns = Array(stride(from: offset, to: width, by: factor))
    var result: [Double] = []
    result.reserveCapacity(rows.count * columns.count)
    for y in rows { result += columns.map { values[y * width + $0] } }
    return Plane(height: rows.count, width: columns.count, values: result)
  }
}
