/// A message between a rank and rank 0, with fixed fields, since all ranks of a job run the same
/// program.
struct WatchFrame: Sendable, Equatable {
  enum Kind: UInt8 {
    /// A heartbeat.
    case beat = 1
    /// The sender leaves in order, or ends the job itself and has reported why: expect nothing more
    /// from it.
    case leaving
    /// The sender has found the job lost and reported it: the receiver must end.
    case end
  }

  /// The bytes of a frame without its seal.
  static let size = 32

  let kind: Kind
  let phase: Phase
  let step: Int
  let marks: Int

  init(_ kind: Kind, _ activity: Activity) {
    self.kind = kind
    phase = activity.phase
    step = activity.step
    marks = activity.marks
  }

  /// Parses the bytes; nil if they are not a frame.
  /// - Parameter bytes: what `bytes(number:)` has returned.
  /// - Returns: the frame and its number.
  static func parse(_ bytes: [UInt8]) -> (frame: WatchFrame, number: UInt64)? {
    guard bytes.count == size else { return nil }
    let fields = bytes.withUnsafeBytes { bytes in
      (0..<4).map { UInt64(littleEndian: bytes.load(fromByteOffset: 8 * $0, as: UInt64.self)) }
    }
    guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: fields[0])),
      let phase = Phase(rawValue: UInt8(truncatingIfNeeded: fields[0] >> 8))
    else { return nil }
    let frame = WatchFrame(
      kind: kind, phase: phase, step: Int(truncatingIfNeeded: fields[1]),
      marks: Int(truncatingIfNeeded: fields[2]))
    return (frame, fields[3])
  }

  /// Four little-endian 64-bit integers: kind and phase, step, marks, and the frame's number.
  func bytes(number: UInt64) -> [UInt8] {
    let what = UInt64(kind.rawValue) | UInt64(phase.rawValue) << 8
    let fields = [what, UInt64(bitPattern: Int64(step)), UInt64(bitPattern: Int64(marks)), number]
    return fields.flatMap { field in withUnsafeBytes(of: field.littleEndian) { Array($0) } }
  }

  private init(kind: Kind, phase: Phase, step: Int, marks: Int) {
    (self.kind, self.phase, self.step, self.marks) = (kind, phase, step, marks)
  }
}
