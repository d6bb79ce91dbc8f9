/// The vocabulary of the vector loops: sixteen lanes, which is one register with AVX-512 and two
/// with AVX2.
typealias Vector = SIMD16<Float>

extension Vector {
  static let lanes = 16

  @inline(__always)
  init(loading pointer: UnsafePointer<Float>) {
    self = UnsafeRawPointer(pointer).loadUnaligned(as: Vector.self)
  }

  @inline(__always)
  init(loading pointer: UnsafeMutablePointer<Float>) {
    self.init(loading: UnsafePointer(pointer))
  }

  @inline(__always)
  func store(to pointer: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(pointer).storeBytes(of: self, as: Vector.self)
  }

  /// self + a · b with one rounding.
  @inline(__always)
  func adding(_ a: Vector, times b: Vector) -> Vector { addingProduct(a, b) }
}

/// The larger of two numbers in every lane; `a` if `b` is NaN.
///
/// The standard library's `pointwiseMax` goes lane by lane.
@inline(__always)
func larger(_ a: Vector, _ b: Vector) -> Vector { a.replacing(with: b, where: b .> a) }

/// eˣ in every lane, within 2 units in the last place for −87.3 ≤ x ≤ 88.3; 0 below, the largest
/// value above.
///
/// x = n·ln 2 + r with |r| ≤ ½ ln 2; eʳ by its Taylor polynomial of degree 7
/// (remainder below 6·10⁻⁹), 2ⁿ by building the exponent bits. ln 2 is split in two parts so that
/// n·ln 2 is exact enough.
@inline(__always)
func exponential(_ x: Vector) -> Vector {
  let log2e = Vector(repeating: 1.442_695_04)
  let ln2High = Vector(repeating: 0.693_359_375)
  let ln2Low = Vector(repeating: -2.121_944_4e-4)
  let smallest = Vector(repeating: -87.3)
  let clamped = larger(x, smallest).replacing(with: 88.3, where: x .> 88.3)
  // At 1.5·2²³ one unit in the last place is 1: the sum rounds to an integer, which its low bits
  // then hold.
  let shift = Vector(repeating: 12_582_912)
  let shifted = shift.addingProduct(clamped, log2e)
  let n = shifted - shift
  let r = clamped.addingProduct(-n, ln2High).addingProduct(-n, ln2Low)
  var p = Vector(repeating: 1 / 5040)
  p = Vector(repeating: 1 / 720).addingProduct(p, r)
  p = Vector(repeating: 1 / 120).addingProduct(p, r)
  p = Vector(repeating: 1 / 24).addingProduct(p, r)
  p = Vector(repeating: 1 / 6).addingProduct(p, r)
  p = Vector(repeating: 0.5).addingProduct(p, r)
  p = Vector(repeating: 1).addingProduct(p, r)
  p = Vector(repeating: 1).addingProduct(p, r)
  let whole = unsafeBitCast(shifted, to: SIMD16<Int32>.self)
  let exponent = (whole &- unsafeBitCast(shift, to: SIMD16<Int32>.self) &+ 127) &<< 23
  let power = unsafeBitCast(exponent, to: Vector.self)
  return (p * power).replacing(with: 0, where: x .< smallest)
}
