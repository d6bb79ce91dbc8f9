/// A synthetic scene as its camera sees it at one moment.
struct SyntheticView {
  /// The first hit of a ray.
  struct Hit {
    /// The position in the layout's objects.
    var object: Int
    /// The distance along the optical axis, in metres.
    var depth: Double
    /// The ray's direction in camera coordinates, with z = 1.
    var direction: Vector
  }

  let layout: SyntheticLayout
  private let frame: Int
  private let focalLength: Double
  private let centre: (x: Double, y: Double)
  private let casts: [Cast]

  /// The camera in an object's coordinates.
  private struct Cast {
    let solid: SyntheticSolid
    let origin: Vector
    let axes: (x: Vector, y: Vector, z: Vector)

    func direction(_ camera: Vector) -> Vector {
      axes.x * camera.x + axes.y * camera.y + axes.z * camera.z
    }
  }

  init(seed: UInt64, index: Int, width: Int, height: Int, frame: Int) {
    let focalLength = 0.9 * Double(max(width, height))
    layout = SyntheticLayout(
      seed: seed, index: index,
      extent: (Double(width) / 2 / focalLength, Double(height) / 2 / focalLength))
    self.frame = frame
    self.focalLength = focalLength
    centre = (Double(width - 1) / 2, Double(height - 1) / 2)
    let camera = layout.cameras[frame]
    casts = layout.objects.map { object in
      let pose = object.poses[frame]
      return Cast(
        solid: object.solid, origin: pose.ownPoint(camera.position),
        axes: (
          pose.ownDirection(camera.axes.x), pose.ownDirection(camera.axes.y),
          pose.ownDirection(camera.axes.z)
        ))
    }
  }

  /// Casts a ray through a position of the image, in pixels from the centre of the top left pixel.
  func trace(x: Double, y: Double) -> Hit {
    let direction = Vector((x - centre.x) / focalLength, (y - centre.y) / focalLength, 1)
    var nearest = Hit(object: 0, depth: .infinity, direction: direction)
    for (object, cast) in casts.enumerated() {
      let depth = cast.solid.distance(from: cast.origin, along: cast.direction(direction))
      if depth < nearest.depth {
        nearest.depth = depth
        nearest.object = object
      }
    }
    return nearest
  }

  /// The point that was hit, in the object's local coordinates.
  func ownPoint(of hit: Hit) -> Vector {
    let cast = casts[hit.object]
    return cast.origin + hit.depth * cast.direction(hit.direction)
  }

  /// Where a point of an object appears in the image, and its depth.
  func project(_ ownPoint: Vector, object: Int) -> (x: Double, y: Double, depth: Double) {
    let world = layout.objects[object].poses[frame].point(ownPoint)
    let seen = layout.cameras[frame].ownPoint(world)
    return (
      centre.x + focalLength * seen.x / seen.z, centre.y + focalLength * seen.y / seen.z, seen.z
    )
  }

  /// RGB in [0, 1] of the point that was hit: its texture in diffuse light.
  func colour(of hit: Hit) -> Vector {
    let object = layout.objects[hit.object]
    let surface = object.solid.surface(at: ownPoint(of: hit))
    // Discs and planes have two sides; the visible one is lit.
    let isSeenFromBehind =
      dot(surface.normal, casts[hit.object].direction(hit.direction)) > 0
    let normal = object.poses[frame].direction(surface.normal)
    let incidence = dot(isSeenFromBehind ? -normal : normal, layout.light)
    let shade = 0.45 + 0.55 * max(0, incidence)
    return object.texture.colour(u: surface.u, v: surface.v) * shade
  }
}
