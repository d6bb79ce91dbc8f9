import Testing

@testable import PACDistributed

/// What the watch's frames are worth when others make, alter, repeat or record them.
@Suite struct WatchSessionTests {
  private let secret = WatchSecret()
  private let activity = Activity()

  /// Both sides of a connection of rank 3.
  private func sessions() throws -> (rank: WatchSession, rankZero: WatchSession) {
    let hello = WatchHello(rank: 3)
    let arrived = try #require(WatchHello(hello.bytes(secret), secret))
    let answer = arrived.answer(secret)
    return (try #require(hello.session(answeredBy: answer.bytes, secret)), answer.session)
  }

  @Test func framesArriveAsTheyWereSent() throws {
    activity.begin(step: 1_234_567_890_123)
    activity.enter(.backward)
    var (rank, rankZero) = try sessions()
    for kind in [WatchFrame.Kind.beat, .leaving, .end] {
      let frame = WatchFrame(kind, activity)
      #expect(frame.step == 1_234_567_890_123 && frame.phase == .backward && frame.marks == 1)
      let bytes = rank.seal(frame)
      #expect(bytes.count == 48)
      #expect(rankZero.open(bytes) == frame)
      #expect(rank.open(rankZero.seal(frame)) == frame)
    }
  }

  @Test func aHelloNamesTheRank() throws {
    for rank in [1, 255, 70_000] {
      let bytes = WatchHello(rank: rank).bytes(secret)
      #expect(bytes.count == 32)
      #expect(WatchHello(bytes, secret)?.rank == rank)
    }
    #expect(WatchHello(rank: 1) != WatchHello(rank: 1), "no random number in it")
  }

  @Test func theSecretReachesTheOthersAsBytes() {
    let bytes = secret.bytes
    #expect(bytes.count == 32 && bytes != WatchSecret().bytes)
    let hello = WatchHello(rank: 1)
    #expect(WatchHello(hello.bytes(WatchSecret(bytes)), secret) == hello)
  }

  @Test func whoDoesNotKnowTheSecretIsNobody() throws {
    let other = WatchSecret()
    let hello = WatchHello(rank: 1)
    #expect(WatchHello(hello.bytes(other), secret) == nil)
    #expect(WatchHello([UInt8](repeating: 0, count: 32), secret) == nil)
    #expect(WatchHello([], secret) == nil)
    #expect(WatchHello(hello.bytes(secret) + [0], secret) == nil)
    #expect(hello.session(answeredBy: hello.answer(other).bytes, secret) == nil)
    #expect(hello.session(answeredBy: [], secret) == nil)
  }

  /// Every single bit counts, of the contents and of the tag.
  @Test func alteredMessagesAreNotOpened() throws {
    let hello = WatchHello(rank: 1)
    let answer = hello.answer(secret).bytes
    var (rank, rankZero) = try sessions()
    let frame = rank.seal(WatchFrame(.beat, activity))
    for bit in 0..<8 * 48 {
      func altered(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        bytes[bit / 8 % bytes.count] ^= 1 << UInt8(bit % 8)
        return bytes
      }
      #expect(WatchHello(altered(hello.bytes(secret)), secret) == nil, "bit \(bit)")
      #expect(hello.session(answeredBy: altered(answer), secret) == nil, "bit \(bit)")
      #expect(rankZero.open(altered(frame)) == nil, "bit \(bit)")
    }
    #expect(rankZero.open(Array(frame.dropLast())) == nil)
    #expect(rankZero.open(frame) != nil, "forged frames have changed something")
  }

  @Test func repeatedAndOlderFramesAreNotOpened() throws {
    var (rank, rankZero) = try sessions()
    let frames = (0..<3).map { _ in rank.seal(WatchFrame(.beat, activity)) }
    #expect(rankZero.open(frames[1]) != nil)
    #expect(rankZero.open(frames[1]) == nil)
    #expect(rankZero.open(frames[0]) == nil)
    #expect(rankZero.open(frames[2]) != nil)
  }

  /// A frame counts on its own connection and in its own direction only.
  @Test func framesOfOtherConnectionsAreNotOpened() throws {
    var (rank, rankZero) = try sessions()
    var (_, other) = try sessions()
    let end = rank.seal(WatchFrame(.end, activity))
    #expect(other.open(end) == nil)
    #expect(rank.open(end) == nil)
    #expect(rankZero.open(end) != nil)
  }

  /// Who repeats a rank's hello, or rank 0's answer, gets into no session.
  @Test func recordedHandshakesLeadNowhere() throws {
    let hello = WatchHello(rank: 1)
    let answer = hello.answer(secret)
    var session = try #require(hello.session(answeredBy: answer.bytes, secret))
    let frame = session.seal(WatchFrame(.end, activity))
    // Rank 0 answers the repeated hello with another random number.
    var repeated = try #require(WatchHello(hello.bytes(secret), secret)).answer(secret)
    #expect(repeated.bytes != answer.bytes)
    #expect(repeated.session.open(frame) == nil)
    #expect(WatchHello(rank: 1).session(answeredBy: answer.bytes, secret) == nil)
    // Nor is one kind of message taken for another.
    #expect(hello.session(answeredBy: hello.bytes(secret), secret) == nil)
    #expect(WatchHello(answer.bytes, secret) == nil)
  }
}
