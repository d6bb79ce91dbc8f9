/// Whether none of `count` floats is infinite or not a number.
public func areFinite(_ elements: UnsafePointer<Float>, count: Int) -> Bool {
  // x · 0 is 0 for every finite x, else not a number, which stays in the sum.
  let width = 16
  var sums = SIMD16<Float>.zero
  var i = 0
  while i + width <= count {
    sums += UnsafeRawPointer(elements + i).loadUnaligned(as: SIMD16<Float>.self) * 0
    i += width
  }
  var rest: Float = 0
  while i < count {
    rest += elements[i] * 0
    i += 1
  }
  return sums.sum() + rest == 0
}
