/// The keys of one connection after its handshake, and the numbers of its frames.
///
/// Frames that somebody else made, altered or recorded are not opened.
struct WatchSession {
  /// The bytes of a sealed frame.
  static let frameSize = WatchFrame.size + WatchSeal.size

  private let outgoing: WatchSeal
  private let incoming: WatchSeal
  private var sent: UInt64 = 0
  private var received: UInt64 = 0

  fileprivate init(outgoing: WatchSeal, incoming: WatchSeal) {
    self.outgoing = outgoing
    self.incoming = incoming
  }

  /// The bytes to send, with the next number.
  mutating func seal(_ frame: WatchFrame) -> [UInt8] {
    sent += 1
    return outgoing.sealed(frame.bytes(number: sent))
  }

  /// The frame in the bytes received; nil if it is not genuine, or not newer than those before it.
  mutating func open(_ bytes: [UInt8]) -> WatchFrame? {
    guard let message = incoming.opened(bytes), let (frame, number) = WatchFrame.parse(message),
      number > received
    else { return nil }
    received = number
    return frame
  }
}

/// The first message of a connection: a rank says who it is, and proves that it belongs to the job.
///
/// Rank 0 answers with a random number of its own. Both numbers are part of the session's keys, so
/// neither side accepts what was recorded from another connection.
struct WatchHello: Equatable {
  /// The bytes of a hello, and of the answer to it.
  static let size = 32

  let rank: Int
  /// The rank, and a random number.
  private let message: [UInt8]

  /// A new hello of this rank.
  init(rank: Int) {
    self.rank = rank
    message =
      withUnsafeBytes(of: UInt32(rank).littleEndian) { Array($0) }
      + Self.random(Self.size - WatchSeal.size - MemoryLayout<UInt32>.size)
  }

  /// Parses what a stranger sent first; nil if it does not know the secret.
  init?(_ bytes: [UInt8], _ secret: WatchSecret) {
    guard bytes.count == Self.size, let message = secret.seal(.hello).opened(bytes) else {
      return nil
    }
    self.message = message
    rank = message.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// The bytes to send.
  func bytes(_ secret: WatchSecret) -> [UInt8] { secret.seal(.hello).sealed(message) }

  /// Rank 0's answer, and its side of the session.
  func answer(_ secret: WatchSecret) -> (bytes: [UInt8], session: WatchSession) {
    let answer = Self.random(Self.size - WatchSeal.size)
    let exchange = message + answer
    return (
      secret.seal(.answer, message).sealed(answer),
      WatchSession(
        outgoing: secret.seal(.fromRankZero, exchange), incoming: secret.seal(.toRankZero, exchange)
      )
    )
  }

  /// The rank's side of the session; nil if the answer is not rank 0's to this very hello.
  func session(answeredBy bytes: [UInt8], _ secret: WatchSecret) -> WatchSession? {
    guard bytes.count == Self.size, let answer = secret.seal(.answer, message).opened(bytes) else {
      return nil
    }
    let exchange = message + answer
    return WatchSession(
      outgoing: secret.seal(.toRankZero, exchange), incoming: secret.seal(.fromRankZero, exchange))
  }

  private static func random(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in .random(in: 0...255) }
  }
}
