import Foundation
import PACTensors

/// An object in a synthetic scene.
struct SyntheticObject {
  var solid: SyntheticSolid
  /// Its poses in the scene's image and in the next one.
  var poses: [RigidPose]
  var texture: SyntheticTexture
  /// Its class.
  var label: UInt8
}

/// The layout of a scene: a room and several random objects that neither touch nor block the view.
///
/// World coordinates are those of an upright camera at the origin: x to the right, y down, z
/// forward.
struct SyntheticLayout {
  var objects: [SyntheticObject] = []
  /// The camera's poses in the scene's image and in the next one; it looks along its z axis.
  var cameras: [RigidPose]
  /// Points from the surfaces to the light.
  var light: Vector
  /// The tangents of the angles from the centre of the image to its right and its lower edge.
  private let extent: (x: Double, y: Double)
  private var palette: SyntheticPalette
  private var random: CounterRandom
  /// Centres and radii of the objects placed so far.
  private var places: [(centre: Vector, radius: Double)] = []

  init(seed: UInt64, index: Int, extent: (x: Double, y: Double)) {
    random = CounterRandom(seed: seed, purpose: .synthetic, item: index)
    self.extent = extent
    palette = SyntheticPalette(hue: random.uniform(0..<1))
    light = normalised(Vector(random.uniform(-0.7..<0.7), -1, random.uniform(-1.2 ..< -0.4)))
    let camera = RigidPose(position: Vector(), pitch: -random.uniform(0.02..<0.12))
    let shift = Vector(
      random.uniform(-0.08..<0.08), random.uniform(-0.03..<0.03), random.uniform(-0.05..<0.1))
    cameras = [camera, camera.moved(by: shift, turn: random.turn(upTo: 0.01))]
    addRoom()
    let count = 6 + random.integer(below: 5)
    for number in 0..<count { addObject(kind: number % 3) }
  }

  private mutating func addRoom() {
    let floor = RigidPose(
      position: Vector(0, random.uniform(1.1..<1.5), 0), pitch: .pi / 2)
    let back = RigidPose(
      position: Vector(0, 0, random.uniform(5.5..<7)), yaw: .pi + random.uniform(-0.3..<0.3))
    addPlane(floor)
    addPlane(back)
    if random.uniform() < 0.6 {
      let side = random.uniform() < 0.5 ? -1.0 : 1.0
      addPlane(
        RigidPose(
          position: Vector(side * random.uniform(2..<3.2), 0, 0),
          yaw: -side * (.pi / 2 + random.uniform(-0.1..<0.1))))
    }
  }

  private mutating func addPlane(_ pose: RigidPose) {
    let texture = palette.texture(size: 2, isVivid: false, using: &random)
    objects.append(
      SyntheticObject(solid: .plane, poses: [pose, pose], texture: texture, label: 0))
  }

  /// Adds a sphere (kind 0), box (1) or disc (2), unless no free place is found.
  private mutating func addObject(kind: Int) {
    for _ in 0..<40 {
      let depth = 1.5 * exp(random.uniform(0..<1.3))
      let radius = depth * random.uniform(0.09..<0.2)
      let centre = Vector(
        depth * extent.x * random.uniform(-0.9..<0.9),
        depth * extent.y * random.uniform(-0.8..<0.8), depth)
      guard isFree(centre, radius) else { continue }
      places.append((centre, radius))
      objects.append(object(kind: kind, centre: centre, radius: radius))
      return
    }
  }

  private func isFree(_ centre: Vector, _ radius: Double) -> Bool {
    // An object closer than a metre would leave the range of depths.
    guard centre.z - radius > 1.15 else { return false }
    let isInRoom = objects.allSatisfy { object in
      guard case .plane = object.solid else { return true }
      let pose = object.poses[0]
      let side = pose.ownPoint(Vector()).z < 0 ? -1.0 : 1.0
      return side * pose.ownPoint(centre).z > radius
    }
    return isInRoom
      && places.allSatisfy { place in
        let between = place.centre - centre
        let reach = place.radius + radius
        return dot(between, between) > reach * reach
      }
  }

  private mutating func object(kind: Int, centre: Vector, radius: Double) -> SyntheticObject {
    let solid: SyntheticSolid
    let pose: RigidPose
    switch kind {
    case 0:
      solid = .sphere(radius: radius)
      pose = RigidPose(position: centre, yaw: random.uniform(-3..<3))
    case 1:
      let shape = Vector(
        random.uniform(0.6..<1), random.uniform(0.6..<1), random.uniform(0.6..<1))
      solid = .box(half: normalised(shape) * radius)
      pose = RigidPose(
        position: centre, yaw: random.uniform(-0.8..<0.8), pitch: random.uniform(-0.5..<0.5),
        roll: random.uniform(-0.4..<0.4))
    default:
      solid = .disc(radius: radius)
      pose = RigidPose(
        position: centre, yaw: random.uniform(-0.9..<0.9), pitch: random.uniform(-0.7..<0.7))
    }
    let shift = Vector(
      random.uniform(-0.03..<0.03), random.uniform(-0.02..<0.02), random.uniform(-0.03..<0.03))
    return SyntheticObject(
      solid: solid, poses: [pose, pose.moved(by: shift * centre.z, turn: random.turn(upTo: 0.08))],
      texture: palette.texture(size: radius, isVivid: true, using: &random),
      label: UInt8(kind + 1))
  }
}

extension CounterRandom {
  /// A rotation by at most `angle` about each axis.
  fileprivate mutating func turn(upTo angle: Double) -> RigidPose {
    RigidPose(
      position: Vector(), yaw: uniform(-angle..<angle), pitch: uniform(-angle..<angle),
      roll: uniform(-angle..<angle))
  }
}
