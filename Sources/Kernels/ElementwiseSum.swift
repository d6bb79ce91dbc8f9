/// Adds `count` floats from `source` to those at `target`, element by element.
///
/// The two do not overlap. No element depends on another, so the compiler uses the widest vectors there
/// are without changing a result.
public func accumulate(
  _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int
) {
  for i in 0..<count { target[i] += source[i] }
}
