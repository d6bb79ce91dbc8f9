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

  /// The bytes of a frame.
  static let size = 32

  /// A secret that only processes of this job know, not other programs that find the port.
  let token: UInt64
  let kind: Kind
  let phase: Phase
  let rank: Int
  let step: Int
  let marks: Int

  init(_ kind: Kind, token: UInt64, rank: Int, _ activity: Activity) {
    self.token = token
    self.kind = kind
    self.rank = rank
    phase = activity.phase
    step = activity.step
    marks = activity.marks
  }

  /// Parses a frame; nil if the bytes are not from this job.
  init?(_ bytes: some Collection<UInt8>, token: UInt64) {
    let fields = Array(bytes).withUnsafeBytes { bytes in
      bytes.count == Self.size
        ? (0..<4).map { UInt64(littleEndian: bytes.load(fromByteOffset: 8 * $0, as: UInt64.self)) }
        : []
    }
    guard fields.count == 4, fields[0] == token,
      let kind = Kind(rawValue: UInt8(truncatingIfNeeded: fields[1])),
      let phase = Phase(rawValue: UInt8(truncatingIfNeeded: fields[1] >> 8))
    else { return nil }
    self.token = token
    self.kind = kind
    self.phase = phase
    rank = Int(fields[1] >> 32)
    step = Int(truncatingIfNeeded: fields[2])
    marks = Int(truncatingIfNeeded: fields[3])
  }

  /// The encoded frame: four little-endian 64-bit integers, the second of which holds kind, phase
  /// and rank.
  var bytes: [UInt8] {
    let what = UInt64(kind.rawValue) | UInt64(phase.rawValue) << 8 | UInt64(rank) << 32
    return [token, what, UInt64(step), UInt64(marks)].flatMap { number in
      withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
  }
}
