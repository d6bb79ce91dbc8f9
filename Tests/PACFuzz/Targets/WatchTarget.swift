import Glibc

@testable import PACDistributed

extension FuzzTarget {
  /// What arrives at a port of the watch from a stranger, and from one who knows the secret: the
  /// bytes then follow a genuine hello, and each 32 of them are sealed as a frame.
  static let watch = FuzzTarget(
    name: "watch",
    read: { input in
      guard let knowsSecret = input.bytes.first.map({ $0 & 1 == 1 }) else { return }
      let bytes = Array(input.bytes.dropFirst())
      var ends: [Int32] = [-1, -1]
      let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
      guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { fatalError("no sockets") }
      let stranger = WatchStranger(WatchSocket(ends[0]), at: .now)
      let other = WatchSocket(ends[1])
      guard knowsSecret else {
        _ = other.send(bytes)
        for _ in 0..<2 {
          if case .proven = stranger.judge(secret, worldSize: 8) { fatalError("no rank") }
        }
        return
      }
      let hello = WatchHello(rank: 3)
      _ = other.send(hello.bytes(secret))
      _ = stranger.judge(secret, worldSize: 8)
      var answer: [UInt8] = []
      _ = other.receive(into: &answer, limit: WatchHello.size)
      guard var session = hello.session(answeredBy: answer, secret) else { fatalError("refused") }
      let size = WatchFrame.size
      for start in stride(from: 0, to: bytes.count - bytes.count % size, by: size) {
        let message = Array(bytes[start..<start + size])
        guard let (frame, number) = WatchFrame.parse(message) else { continue }
        guard WatchFrame.parse(frame.bytes(number: number))?.frame == frame else {
          fatalError("a frame that changes: \(message)")
        }
        _ = other.send(session.seal(frame))
      }
      if case .proven(let connection, _) = stranger.judge(secret, worldSize: 8) {
        _ = connection.receive()
      }
    },
    seeds: {
      let frames = [WatchFrame.Kind.beat, .leaving, .end].flatMap {
        WatchFrame($0, Activity()).bytes(number: 1)
      }
      return [[1] + frames, [0] + WatchHello(rank: 3).bytes(secret)]
    })

  private static let secret = WatchSecret([UInt8](repeating: 7, count: 32))
}
