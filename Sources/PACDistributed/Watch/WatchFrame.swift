/// One message between a rank and rank 0: a few fixed fields, since all ranks of a job run the same
/// program.
struct WatchFrame: Sendable, Equatable {
  enum Kind: UInt8 {
    /// A heartbeat.
    case beat = 1
    /// The sender leaves in order, or ends the job itself and has said why: nothing is expected of
    /// it any more.
    case leaving
    /// The sender has found the job lost and said so: the receiver ends.
    case end
  }

  /// The bytes of a frame.
  static let size = 32

  /// What only processes of this job know; another program that finds the port does not.
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

  /// Reads a frame; nil if the bytes are none of this job's.
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

  /// As it travels: four numbers of 64 bits, lowest byte first; the second holds kind, phase and
  /// rank.
  var bytes: [UInt8] {
    let what = UInt64(kind.rawValue) | UInt64(phase.rawValue) << 8 | UInt64(rank) << 32
    return [token, what, UInt64(step), UInt64(marks)].flatMap { number in
      withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
  }
}
