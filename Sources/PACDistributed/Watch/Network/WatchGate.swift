import Glibc

/// The ports of rank 0 and those who come to them, until each has proven to be a rank of the job or
/// is turned away.
///
/// Nobody else can fill it: there are at most `capacity` strangers, each read up to 48 bytes and
/// turned away after a few seconds. Used only on the watch's thread.
final class WatchGate {
  private let secret: WatchSecret
  private let worldSize: Int
  private var ports: [WatchSocket]
  private var strangers: [WatchStranger] = []
  /// Until when nobody is let in, since the process has no room for connections.
  private var closedUntil: ContinuousClock.Instant?

  /// How long a stranger may take.
  static let patience = Duration.seconds(3)
  /// The most strangers at a time.
  let capacity: Int

  /// Opens the gate.
  /// - Parameters:
  ///   - ports: listening descriptors, which the gate closes.
  ///   - secret: what the ranks know.
  ///   - worldSize: the number of ranks.
  init(ports: [Int32], _ secret: WatchSecret, worldSize: Int) {
    self.ports = ports.map(WatchSocket.init)
    self.secret = secret
    self.worldSize = worldSize
    capacity = Self.capacity(worldSize: worldSize)
  }

  /// How many there are who have proven nothing.
  var strangerCount: Int { strangers.count }

  /// The descriptors at which something may arrive.
  var descriptors: [Int32] {
    (closedUntil == nil ? ports : []).map(\.descriptor) + strangers.map(\.socket.descriptor)
  }

  /// Closes the ports for good and turns all strangers away.
  func close() {
    ports = []
    strangers = []
  }

  /// Lets in and judges whoever has come.
  /// - Returns: the ranks that have proven to be one, each with its first frame.
  func admit(_ now: ContinuousClock.Instant) -> [(WatchConnection, WatchFrame)] {
    var ranks: [(WatchConnection, WatchFrame)] = []
    let earlier = strangers
    strangers = []
    for stranger in earlier { judge(stranger, now, &ranks) }
    if let end = closedUntil, now >= end { closedUntil = nil }
    // A flood must not keep the watch from its other work.
    for port in ports where closedUntil == nil {
      arrivals: for _ in 0..<Self.mostArrivals {
        switch port.accept() {
        case .connection(let socket): judge(WatchStranger(socket, at: now), now, &ranks)
        case .nobody: break arrivals
        case .noRoom:
          strangers.removeAll { !$0.hasSaidHello }
          closedUntil = now + .milliseconds(100)
          break arrivals
        }
      }
    }
    return ranks
  }

  private func judge(
    _ stranger: WatchStranger, _ now: ContinuousClock.Instant,
    _ ranks: inout [(WatchConnection, WatchFrame)]
  ) {
    switch stranger.judge(secret, worldSize: worldSize) {
    case .proven(let connection, let frame): ranks.append((connection, frame))
    case .refused: stranger.socket.forget()
    case .unknown where now - stranger.arrival > Self.patience: stranger.socket.forget()
    case .unknown:
      if strangers.count == capacity { turnOneAway() }
      strangers.append(stranger)
    }
  }

  /// Makes room: a rank's hello arrives as a whole, so whoever waits for the rest of one is none.
  private func turnOneAway() {
    let index = strangers.firstIndex { !$0.hasSaidHello } ?? strangers.startIndex
    strangers.remove(at: index).socket.forget()
  }

  /// The most connections accepted before the watch looks after its ranks again.
  private static let mostArrivals = 512

  /// A quarter of the descriptors that the ranks leave, 256 at most.
  private static func capacity(worldSize: Int) -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 64 }
    return max(8, min(256, (Int(clamping: limit.rlim_cur) - worldSize) / 4))
  }
}
