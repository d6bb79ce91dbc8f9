import Foundation

/// A point, direction or colour of a synthetic scene; lengths in metres.
typealias Vector = SIMD3<Double>

func dot(_ a: Vector, _ b: Vector) -> Double { (a * b).sum() }

func normalised(_ vector: Vector) -> Vector { vector / dot(vector, vector).squareRoot() }

/// A rigid pose (position and rotation): world = x · X + y · Y + z · Z + position.
struct RigidPose {
  /// The local axes X, Y and Z in world coordinates, orthonormal.
  var axes: (x: Vector, y: Vector, z: Vector)
  /// The local origin in world coordinates.
  var position: Vector

  /// A pose rotated by `roll` about the local z axis, then `pitch` about x, then `yaw` about y, in
  /// radians.
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

  /// Transforms a direction from local to world coordinates.
  func direction(_ own: Vector) -> Vector { axes.x * own.x + axes.y * own.y + axes.z * own.z }

  /// Transforms a point from local to world coordinates.
  func point(_ own: Vector) -> Vector { direction(own) + position }

  /// Transforms a direction from world to local coordinates.
  func ownDirection(_ world: Vector) -> Vector {
    Vector(dot(axes.x, world), dot(axes.y, world), dot(axes.z, world))
  }

  /// Transforms a point from world to local coordinates.
  func ownPoint(_ world: Vector) -> Vector { ownDirection(world - position) }

  /// This pose rotated by `turn` about its local axes, then shifted.
  func moved(by shift: Vector, turn: RigidPose) -> RigidPose {
    var result = self
    result.axes = (
      direction(turn.axes.x), direction(turn.axes.y), direction(turn.axes.z)
    )
    result.position += shift
    return result
  }
}
