import Glibc

@testable import PACDistributed

extension FuzzTarget {
  /// What arrives at a connection of the watch; its frames carry the job's token.
  static let watch = FuzzTarget(
    name: "watch",
    read: { input in
      var ends: [Int32] = [-1, -1]
      let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue)
      guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { fatalError("no sockets") }
      let socket = WatchSocket(ends[0])
      defer { close(ends[1]) }
      _ = Glibc.send(ends[1], input.bytes.baseAddress, input.bytes.count, Int32(MSG_NOSIGNAL))
      for frame in socket.receive(token: token).frames {
        precondition(WatchFrame(frame.bytes, token: token) == frame, "a frame that changes")
      }
    },
    seeds: {
      let activity = Activity()
      return [WatchFrame.Kind.beat, .leaving, .end].map {
        WatchFrame($0, token: token, rank: 3, activity).bytes
      }
    })

  private static let token: UInt64 = 0x0123_4567_89AB_CDEF
}
