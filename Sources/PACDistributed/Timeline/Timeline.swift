/// A trace of what a rank does when, for Chrome's trace viewer and Perfetto.
///
/// Instants are nanoseconds since all ranks left a barrier together, so that the ranks' rows are
/// aligned even if their clocks are not. Spans beyond `mostSpans` are dropped, which bounds memory;
/// `written(by:)` says so.
public final class Timeline {
  /// Nanoseconds since the start.
  typealias Instant = Int64

  private struct Span {
    var name: String
    var phase: Phase
    var begin: Instant
    var end: Instant
  }

  private let origin: ContinuousClock.Instant
  private let mostSpans: Int
  private var spans: [Span] = []
  private var dropped = 0

  /// Starts a timeline; all ranks call it together.
  /// - Throws: `DistributedError` if MPI reports an error.
  public convenience init(_ communicator: Communicator) throws {
    try communicator.barrier()
    self.init(mostSpans: 200_000)
  }

  init(mostSpans: Int) {
    self.mostSpans = mostSpans
    origin = .now
  }

  /// The current instant.
  var now: Instant { instant(.now) }

  private func instant(_ time: ContinuousClock.Instant) -> Instant {
    let passed = (time - origin).components
    return passed.seconds * 1_000_000_000 + passed.attoseconds / 1_000_000_000
  }

  /// Adds a span from `begin` until `end`, nil = now; does nothing if `begin` is nil.
  func add(
    _ name: @autoclosure () -> String, _ phase: Phase, from begin: Instant?,
    to end: ContinuousClock.Instant? = nil
  ) {
    guard let begin else { return }
    guard spans.count < mostSpans else {
      dropped += 1
      return
    }
    spans.append(
      Span(name: name(), phase: phase, begin: begin, end: end.map(instant) ?? now))
  }

  /// Runs `body` and adds a span for it.
  func measure<R>(
    _ name: @autoclosure () -> String, _ phase: Phase, _ body: () throws -> R
  ) rethrows -> R {
    let begin = now
    defer { add(name(), phase, from: begin) }
    return try body()
  }
}

// MARK: - Chrome's format

extension Timeline {
  /// All ranks' spans as one JSON document with a process row per rank; all ranks call it together.
  /// - Returns: the document on rank 0, nil elsewhere.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func document(_ communicator: Communicator) throws -> String? {
    let mine = events(rank: communicator.rank).joined(separator: ",\n")
    var parts: [String] = []
    // One rank at a time, so that only rank 0 holds more than its own spans.
    for rank in 0..<communicator.worldSize {
      let text = try communicator.broadcast(communicator.rank == rank ? mine : "", from: rank)
      if communicator.isRankZero { parts.append(text) }
    }
    guard communicator.isRankZero else { return nil }
    return "{\"traceEvents\":[\n\(parts.joined(separator: ",\n"))\n],\"displayTimeUnit\":\"ms\"}\n"
  }

  /// One rank's events as JSON objects: the main thread is row 0, and simultaneous messages get a
  /// row each.
  func events(rank: Int) -> [String] {
    let late = dropped == 0 ? "" : " (the last \(dropped) spans are missing)"
    var lines = [
      #"{"name":"process_name","ph":"M","pid":\#(rank),"args":{"name":"rank \#(rank)\#(late)"}}"#,
      #"{"name":"thread_name","ph":"M","pid":\#(rank),"tid":0,"args":{"name":"compute"}}"#,
    ]
    var rowEnds: [Instant] = []
    for span in spans.sorted(by: { $0.begin < $1.begin }) {
      var row = 0
      if span.phase == .reduction || span.phase == .delivery {
        let free = rowEnds.firstIndex { $0 <= span.begin }
        if let free { rowEnds[free] = span.end } else { rowEnds.append(span.end) }
        row = 1 + (free ?? rowEnds.count - 1)
      }
      lines.append(
        "{\"name\":\"\(span.name)\",\"cat\":\"\(span.phase)\",\"ph\":\"X\","
          + "\"ts\":\(microseconds(span.begin)),\"dur\":\(microseconds(span.end - span.begin)),"
          + "\"pid\":\(rank),\"tid\":\(row)}")
    }
    for row in rowEnds.indices {
      lines.append(
        #"{"name":"thread_name","ph":"M","pid":\#(rank),"tid":\#(row + 1),"#
          + #""args":{"name":"messages \#(row + 1)"}}"#)
    }
    return lines
  }

  private func microseconds(_ instant: Instant) -> String {
    let fraction = "\(1000 + instant % 1000)".dropFirst()
    return "\(instant / 1000).\(fraction)"
  }
}

extension Timeline? {
  /// Runs `body`, and adds a span for it if there is a timeline.
  public func measure<R>(
    _ name: @autoclosure () -> String, _ phase: Phase, _ body: () throws -> R
  ) rethrows -> R {
    guard let self else { return try body() }
    return try self.measure(name(), phase, body)
  }
}
