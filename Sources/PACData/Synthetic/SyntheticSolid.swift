import Foundation

/// A convex shape for ray casting, in local coordinates.
enum SyntheticSolid {
  /// The plane z = 0.
  case plane
  /// The part of the plane z = 0 within the radius.
  case disc(radius: Double)
  /// The sphere around the origin.
  case sphere(radius: Double)
  /// The box around the origin with these half extents.
  case box(half: Vector)

  /// A place on the surface: its normal (of length 1) and its coordinates for the texture, in
  /// metres.
  struct Surface {
    var normal: Vector
    var u: Double
    var v: Double
  }

  /// The smallest positive t at which `origin` + t · `direction` lies on the surface, or infinity.
  func distance(from origin: Vector, along direction: Vector) -> Double {
    switch self {
    case .plane: return planeDistance(origin, direction)
    case .disc(let radius):
      let t = planeDistance(origin, direction)
      guard t < .infinity else { return t }
      let (x, y) = (origin.x + t * direction.x, origin.y + t * direction.y)
      return x * x + y * y <= radius * radius ? t : .infinity
    case .sphere(let radius):
      let a = dot(direction, direction)
      let b = dot(origin, direction)
      let discriminant = b * b - a * (dot(origin, origin) - radius * radius)
      guard discriminant >= 0 else { return .infinity }
      let t = (-b - discriminant.squareRoot()) / a
      return t > 0 ? t : .infinity
    case .box(let half):
      // Division by zero gives infinities of the right sign, so rays parallel to a face need no
      // special case.
      let first = (-half - origin) / direction
      let second = (half - origin) / direction
      let enter = pointwiseMin(first, second).max()
      let leave = pointwiseMax(first, second).min()
      return enter <= leave && enter > 0 ? enter : .infinity
    }
  }

  /// The surface at a point that lies on it.
  func surface(at point: Vector) -> Surface {
    switch self {
    case .plane, .disc:
      return Surface(normal: Vector(0, 0, 1), u: point.x, v: point.y)
    case .sphere(let radius):
      let normal = point / radius
      return Surface(
        normal: normal, u: radius * atan2(normal.x, normal.z),
        v: radius * asin(max(-1, min(1, normal.y))))
    case .box(let half):
      return boxSurface(at: point, half: half)
    }
  }

  private func planeDistance(_ origin: Vector, _ direction: Vector) -> Double {
    let t = -origin.z / direction.z
    return t > 0 ? t : .infinity
  }

  private func boxSurface(at point: Vector, half: Vector) -> Surface {
    let inside = point / half
    // Texture coordinates jump between faces, so that no pattern continues around an edge.
    let x = abs(inside.x)
    let y = abs(inside.y)
    let z = abs(inside.z)
    if x >= y && x >= z {
      let side = inside.x < 0 ? -1.0 : 1.0
      return Surface(normal: Vector(side, 0, 0), u: point.z + 31 * side, v: point.y)
    }
    if y >= z {
      let side = inside.y < 0 ? -1.0 : 1.0
      return Surface(normal: Vector(0, side, 0), u: point.x + 57 * side, v: point.z)
    }
    let side = inside.z < 0 ? -1.0 : 1.0
    return Surface(normal: Vector(0, 0, side), u: point.x + 83 * side, v: point.y)
  }
}
