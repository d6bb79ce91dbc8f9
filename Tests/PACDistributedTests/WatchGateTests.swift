import Glibc
import PACTestSupport
import Testing

@testable import PACDistributed

/// Who gets through rank 0's ports; nothing in here waits for a time limit.
@Suite struct WatchGateTests {
  private let secret = WatchSecret()
  private let activity = Activity()
  private let gate: WatchGate
  private let endpoint: WatchEndpoint

  init() throws {
    let port = try #require(WatchSocket.listen(at: .loopback))
    gate = WatchGate(ports: [port.descriptor], secret, worldSize: 4)
    endpoint = port.endpoint
  }

  private func connect() throws -> WatchSocket {
    try #require(WatchSocket.connect(to: endpoint, patience: 1000))
  }

  /// A connection that has sent these bytes.
  private func connect(sending bytes: [UInt8]) throws -> WatchSocket {
    let socket = try connect()
    #expect(socket.send(bytes) == bytes.count)
    return socket
  }

  /// Lets the gate work until `condition` holds, as if it were `later`.
  private func work(
    later: Duration = .zero, until condition: ([(WatchConnection, WatchFrame)]) -> Bool,
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> [(WatchConnection, WatchFrame)] {
    var admitted: [(WatchConnection, WatchFrame)] = []
    let done = eventually(within: 10) {
      admitted += gate.admit(ContinuousClock.now + later)
      return condition(admitted)
    }
    #expect(done, sourceLocation: sourceLocation)
    return admitted
  }

  /// What arrives until `count` bytes are there or the connection is closed.
  private func bytes(_ count: Int, from socket: WatchSocket) -> (bytes: [UInt8], isOpen: Bool) {
    var bytes: [UInt8] = []
    var isOpen = true
    _ = eventually(within: 10) {
      isOpen = socket.receive(into: &bytes, limit: count)
      return !isOpen || bytes.count == count
    }
    return (bytes, isOpen)
  }

  /// Connects as a rank.
  private func join(_ rank: Int) throws -> WatchConnection {
    let hello = WatchHello(rank: rank)
    let socket = try connect(sending: hello.bytes(secret))
    var answer: [UInt8] = []
    _ = work { _ in
      _ = socket.receive(into: &answer, limit: WatchHello.size)
      return answer.count == WatchHello.size
    }
    let session = try #require(hello.session(answeredBy: answer, secret))
    let connection = WatchConnection(socket, rank: 0, session)
    connection.send(WatchFrame(.beat, activity))
    return connection
  }

  @Test func ranksAreAdmitted() throws {
    for rank in 1...3 {
      activity.begin(step: rank)
      let connection = try join(rank)
      let admitted = work { !$0.isEmpty }
      #expect(admitted.map(\.0.rank) == [rank])
      #expect(admitted.map(\.1.step) == [rank])
      admitted.first?.0.send(WatchFrame(.leaving, activity))
      var frames: [WatchFrame] = []
      _ = eventually(within: 10) {
        frames += connection.receive().frames
        return !frames.isEmpty
      }
      #expect(frames.map(\.kind) == [.leaving])
    }
    #expect(gate.strangerCount == 0)
  }

  /// Heartbeats with pauses bring the system to acknowledge late; then a farewell that waits for the
  /// acknowledgement of the frame before it is lost with a connection that is reset.
  @Test func farewellOutlivesTheClosing() throws {
    let rank = try join(1)
    var side: WatchConnection? = try #require(work { !$0.isEmpty }.first?.0)
    for _ in 0..<30 {
      rank.send(WatchFrame(.beat, activity))
      side?.send(WatchFrame(.beat, activity))
      usleep(100_000)
      _ = (rank.receive(), side?.receive())
    }
    // Nobody reads this one, so that closing resets the connection.
    rank.send(WatchFrame(.beat, activity))
    side?.send(WatchFrame(.beat, activity))
    side?.leave(WatchFrame(.leaving, activity))
    side = nil
    var frames: [WatchFrame] = []
    _ = eventually(within: 10) {
      let (arrived, isOpen) = rank.receive()
      frames += arrived
      return !isOpen
    }
    #expect(frames.map(\.kind) == [.beat, .leaving])
  }

  @Test func whoLeavesWaitsUntilTheOthersHaveRead() throws {
    let rank = try join(1)
    let side = try #require(work { !$0.isEmpty }.first?.0)
    side.leave(WatchFrame(.leaving, activity))
    WatchConnection.drain([side], atMost: .milliseconds(20))
    #expect(side.receive().isOpen)
    rank.leave(WatchFrame(.leaving, activity))
    WatchConnection.drain([side], atMost: .seconds(10))
    #expect(!side.receive().isOpen)
    #expect(rank.receive().frames.map(\.kind) == [.leaving])
  }

  /// 32 bytes are enough to turn somebody away; no more are read.
  @Test(arguments: [
    "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", String(repeating: "x", count: 32),
  ])
  func rubbishIsTurnedAwayAtOnce(text: String) throws {
    let stranger = try connect(sending: Array(text.utf8))
    // It is still there before its bytes are judged, and then the port is the only one left.
    let end = eventually(within: 10) {
      _ = gate.admit(ContinuousClock.now)
      var bytes: [UInt8] = []
      return !stranger.receive(into: &bytes, limit: 1) && bytes.isEmpty
    }
    #expect(end && gate.strangerCount == 0)
    #expect(gate.descriptors.count == 1)
  }

  @Test func whoSendsTooLittleIsTurnedAwayAfterAWhile() throws {
    let stranger = try connect(sending: [UInt8](repeating: 7, count: 31))
    _ = work { _ in gate.strangerCount == 1 }
    _ = work(later: .seconds(2)) { _ in true }
    #expect(gate.strangerCount == 1)
    _ = work(later: .seconds(4)) { _ in gate.strangerCount == 0 }
    #expect(!bytes(1, from: stranger).isOpen)
  }

  /// A hello of a rank outside the job, and one of rank 0 itself, whose secret would be right.
  @Test(arguments: [0, 4, 1 << 31]) func whoIsNoRankIsTurnedAway(rank: Int) throws {
    let stranger = try connect(sending: WatchHello(rank: rank).bytes(secret))
    _ = eventually(within: 1) {
      _ = gate.admit(ContinuousClock.now)
      var bytes: [UInt8] = []
      return !stranger.receive(into: &bytes, limit: 1)
    }
    #expect(bytes(1, from: stranger) == ([], false))
  }

  /// Who has seen a rank's whole connection can repeat its bytes, but becomes nobody.
  @Test func aRepeatedConnectionIsTurnedAway() throws {
    let hello = WatchHello(rank: 2)
    let rank = try connect(sending: hello.bytes(secret))
    _ = work { _ in gate.strangerCount == 1 }
    let answer = bytes(32, from: rank).bytes
    var session = try #require(hello.session(answeredBy: answer, secret))
    let frame = session.seal(WatchFrame(.end, activity))

    let other = try connect(sending: hello.bytes(secret))
    _ = work { _ in gate.strangerCount == 2 }
    #expect(bytes(32, from: other).bytes.count == 32)
    #expect(other.send(frame) == frame.count)
    let admitted = work { _ in gate.strangerCount == 1 }
    #expect(admitted.isEmpty)
    #expect(rank.send(frame) == frame.count)
    #expect(work { !$0.isEmpty }.map(\.0.rank) == [2])
  }

  /// Frames on a rank's own connection that are not of the rank: nothing happens.
  @Test func forgedFramesOfARankCountForNothing() throws {
    let rank = try join(1)
    let connection = try #require(work { !$0.isEmpty }.first?.0)
    let end = WatchFrame(.end, activity).bytes(number: .max) + [UInt8](repeating: 0, count: 16)
    #expect(rank.socket.send(end) == 48)
    rank.send(WatchFrame(.leaving, activity))
    var frames: [WatchFrame] = []
    _ = eventually(within: 10) {
      let (more, isOpen) = connection.receive()
      frames += more
      return !frames.isEmpty || !isOpen
    }
    #expect(frames.map(\.kind) == [.leaving])
  }

  /// Strangers fill the gate to its capacity at most, and ranks get in all the same.
  @Test func strangersNeverFillTheGate() throws {
    var strangers: [WatchSocket] = []
    for _ in 0..<gate.capacity + 100 {
      strangers.append(try connect(sending: [1]))
      _ = gate.admit(ContinuousClock.now)
      #expect(gate.strangerCount <= gate.capacity)
    }
    _ = work { _ in gate.strangerCount == gate.capacity }
    let rank = try join(1)
    #expect(work { !$0.isEmpty }.map(\.0.rank) == [1])
    #expect(gate.descriptors.count <= gate.capacity + 1)
    gate.close()
    #expect(gate.descriptors.isEmpty && gate.strangerCount == 0)
    #expect(WatchSocket.connect(to: endpoint, patience: 1000) == nil)
    withExtendedLifetime((strangers, rank)) {}
  }

  /// A frame that the system takes in part is completed before the next one.
  @Test func framesStayWholeWhenTheBufferIsFull() throws {
    let rank = try join(1)
    let connection = try #require(work { !$0.isEmpty }.first?.0)
    var small: Int32 = 4096
    for (descriptor, option) in [
      (rank.socket.descriptor, SO_SNDBUF), (connection.socket.descriptor, SO_RCVBUF),
    ] {
      setsockopt(descriptor, SOL_SOCKET, option, &small, socklen_t(MemoryLayout<Int32>.size))
    }
    for step in 1...5000 {
      activity.begin(step: step)
      rank.send(WatchFrame(.beat, activity))
    }
    var steps: [Int] = []
    _ = eventually(within: 10) {
      for _ in 0..<100 { steps += connection.receive().frames.map(\.step) }
      rank.send(WatchFrame(.leaving, activity))
      return steps.last == 5000
    }
    // Each frame is a packet of its own, of which a small buffer holds a few.
    #expect(steps.count > 5 && steps.count < 5000, "\(steps.count) of 5000 arrived")
    #expect(zip(steps, steps.dropFirst()).allSatisfy { $0 <= $1 } && steps.last == 5000)
  }
}
