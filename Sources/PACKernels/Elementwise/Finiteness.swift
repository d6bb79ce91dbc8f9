/// Whether all `count` floats are finite.
public func areFinite(_ elements: UnsafePointer<Float>, count: Int) -> Bool {
  largestMagnitude(elements, count: count).isFinite
}

/// The largest |x| of `count` floats, 0 if there are none; NaN if one of them is NaN.
public func largestMagnitude(_ elements: UnsafePointer<Float>, count: Int) -> Float {
  // Without their signs, floats are ordered like the integers of the same bits, and NaN lies above
  // infinity.
  let width = 16
  let withoutSign: Int32 = 0x7fff_ffff
  var largest = SIMD16<Int32>.zero
  var i = 0
  while i + width <= count {
    let bits = UnsafeRawPointer(elements + i).loadUnaligned(as: SIMD16<Int32>.self) & withoutSign
    largest.replace(with: bits, where: bits .> largest)
    i += width
  }
  var rest = largest.max()
  while i < count {
    rest = max(rest, Int32(bitPattern: elements[i].bitPattern) & withoutSign)
    i += 1
  }
  return Float(bitPattern: UInt32(bitPattern: rest))
}
