import Foundation

/// A point, direction or colour of a synthetic scene; lengths in metres.
typealias Vector = SIMD3<Double>

func dot(_ a: Vector, _ b: Vector) -> Double { (a * b).sum() }

func normalised(_ vector: Vector) -> Vector { vector / dot(vector, vector).squareRoot() }

/// Where something stands and how it is turned: world = x · X + y · Y + z · Z + position.
struct RigidPose {
  /// The own axes X, Y and Z in world coordinates, orthonormal.
  var axes: (x: Vector, y: Vector, z: Vector)
  /// The own origin in world coordinates.
  var position: Vector

  /// A pose turned by `roll` about the own z axis, then `pitch` about x, then `yaw` about y, in radians.
  init(position: Vector, yaw: Double = 0, pitch: Double = 0, roll: Double = 0) {
    func turned(_ v: Vector) -> Vector {
      let rolled = Vector(
        cos(roll) * v.x - sin(roll) * v.y, sin(roll) * v.x + cos(roll) * v.y, v.z)
      let pitched = Vector(
        rolled.x, cos(pitch) * rolled.y - sin(pitch) * rolled.z,
        sin(pitch) * rolled.y + cos(pitch) * rolled.z)
      return Vector(
        cos(yaw) * pitched.x + sin(yaw) * pitched.z, pitched.y,
        -sin(yaw) * pitched.x + cos(yaw) * pitched.z)
    }
    axes = (turned(Vector(1, 0, 0)), turned(Vector(0, 1, 0)), turned(Vector(0, 0, 1)))
    self.position = position
  }

  /// The world direction of an own one.
  func direction(_ own: Vector) -> Vector { axes.x * own.x + axes.y * own.y + axes.z * own.z }

  /// The world point of an own one.
  func point(_ own: Vector) -> Vector { direction(own) + position }

  /// The own direction of a world one.
  func ownDirection(_ world: Vector) -> Vector {
    Vector(dot(axes.x, world), dot(axes.y, world), dot(axes.z, world))
  }

  /// The own point of a world one.
  func ownPoint(_ world: Vector) -> Vector { ownDirection(world - position) }

  /// This pose after a movement: turned by `turn` about its own axes, then shifted.
  func moved(by shift: Vector, turn: RigidPose) -> RigidPose {
    var result = self
    result.axes = (
      direction(turn.axes.x), direction(turn.axes.y), direction(turn.axes.z)
    )
    result.position += shift
    return result
  }
}
