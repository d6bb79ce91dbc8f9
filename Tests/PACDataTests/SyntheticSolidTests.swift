import PACTensors
import Testing

@testable import PACData

@Suite("Shapes of synthetic scenes")
struct SyntheticSolidTests {
  @Test("distances along known rays")
  func known() {
    let origin = Vector(0.5, 0.25, -3)
    let forward = Vector(0, 0, 1)
    #expect(SyntheticSolid.plane.distance(from: origin, along: forward) == 3)
    #expect(SyntheticSolid.plane.distance(from: origin, along: -forward) == .infinity)
    #expect(SyntheticSolid.plane.distance(from: origin, along: Vector(1, 0, 0)) == .infinity)
    #expect(SyntheticSolid.disc(radius: 0.6).distance(from: origin, along: forward) == 3)
    #expect(SyntheticSolid.disc(radius: 0.5).distance(from: origin, along: forward) == .infinity)
    let sphere = SyntheticSolid.sphere(radius: 1)
    #expect(sphere.distance(from: Vector(0, 0, -3), along: forward * 2) == 1)
    #expect(sphere.distance(from: Vector(0, 1.1, -3), along: forward) == .infinity)
    #expect(sphere.distance(from: Vector(0, 0, -3), along: -forward) == .infinity)
    let box = SyntheticSolid.box(half: Vector(1, 0.3, 2))
    #expect(box.distance(from: origin, along: forward) == 1)
    #expect(box.distance(from: Vector(0, 0.4, -3), along: forward) == .infinity)
    #expect(box.distance(from: Vector(-3, 0, 0), along: Vector(4, 0, 0)) == 0.5)
  }

  /// The shape as the set of points where this is not positive.
  private func outside(_ solid: SyntheticSolid, _ point: Vector) -> Double {
    switch solid {
    case .sphere(let radius): dot(point, point).squareRoot() - radius
    case .box(let half): (pointwiseMax(point, -point) - half).max()
    case .plane, .disc: abs(point.z)
    }
  }

  @Test(
    "a hit lies on the surface, nothing lies before it, and its normal points at the ray",
    arguments: 0..<20)
  func march(seed: Int) {
    var random = CounterRandom(seed: UInt64(seed), purpose: .synthetic)
    func vector(_ range: Range<Double>) -> Vector {
      Vector(random.uniform(range), random.uniform(range), random.uniform(range))
    }
    for solid in [.sphere(radius: 0.8), .box(half: vector(0.3..<1))] as [SyntheticSolid] {
      for _ in 0..<50 {
        let origin = normalised(vector(-1..<1)) * 3
        let direction = normalised(vector(-0.7..<0.7) - origin)
        let distance = solid.distance(from: origin, along: direction)
        let end = min(distance, 6)
        for step in 0..<200 {
          let point = origin + (end - 1e-9) * Double(step) / 200 * direction
          #expect(outside(solid, point) > 0, "seed \(seed)")
        }
        guard distance < .infinity else { continue }
        let point = origin + distance * direction
        #expect(abs(outside(solid, point)) < 1e-12, "seed \(seed)")
        let normal = solid.surface(at: point).normal
        #expect(abs(dot(normal, normal) - 1) < 1e-12)
        #expect(dot(normal, direction) < 0, "seed \(seed)")
        #expect(outside(solid, point + 1e-3 * normal) > 0.99e-3, "seed \(seed)")
      }
    }
  }

  @Test("a pose's two directions undo each other and keep lengths", arguments: 0..<10)
  func poses(seed: Int) {
    var random = CounterRandom(seed: UInt64(seed), purpose: .synthetic)
    func angle() -> Double { random.uniform(-3..<3) }
    let turn = RigidPose(position: Vector(), yaw: angle(), pitch: angle(), roll: angle())
    let pose = RigidPose(position: Vector(1, -2, 3), yaw: angle(), pitch: angle(), roll: angle())
      .moved(by: Vector(0.1, 0.2, 0.3), turn: turn)
    let point = Vector(angle(), angle(), angle())
    let back = pose.ownPoint(pose.point(point))
    #expect(dot(back - point, back - point) < 1e-24)
    let direction = pose.direction(point)
    #expect(abs(dot(direction, direction) - dot(point, point)) < 1e-12)
    #expect(pose.point(Vector()) == Vector(1.1, -1.8, 3.3))
    // Right-handed: no mirror images.
    let (x, y, z) = pose.axes
    let cross = Vector(x.y * y.z - x.z * y.y, x.z * y.x - x.x * y.z, x.x * y.y - x.y * y.x)
    #expect(dot(cross - z, cross - z) < 1e-24)
  }
}
