import Foundation

/// Produces elements in order on a background thread, a few ahead of the consumer.
///
/// Memory is bounded: at most `depth` elements wait to be consumed, including the one in
/// production. Any thread may call any method.
public final class Prefetcher<Element: Sendable>: Sendable {
  private let buffer: PrefetchBuffer<Element>

  /// Starts producing.
  /// - Parameters:
  ///   - requests: the numbers `produce` is called with, in this order.
  ///   - depth: how many elements may be ready or in production, at least 1.
  ///   - produce: makes the element of a request; runs on the background thread, one call at a
  ///     time.
  public init(
    _ requests: Range<Int>, depth: Int, produce: @escaping @Sendable (Int) throws -> Element
  ) {
    precondition(depth > 0, "a prefetch depth of \(depth)")
    let buffer = PrefetchBuffer<Element>(depth: depth)
    self.buffer = buffer
    let thread = Thread { buffer.fill(requests, produce) }
    thread.name = "prefetch"
    thread.start()
  }

  deinit { buffer.cancel() }

  /// The next element in the order of the requests; blocks until it is ready.
  /// - Returns: nil after the last element and after `cancel`.
  /// - Throws: what `produce` threw for this request; the next call continues with the following
  ///   request.
  public func next() throws -> Element? { try buffer.take()?.get() }

  /// Stops producing and drops the elements that were not consumed.
  ///
  /// On return no call of `produce` is running, unless `produce` itself called this.
  public func cancel() { buffer.cancel() }

  /// How long (in seconds) and how often `next` had to wait, including for the first element: the
  /// time lost to the disk.
  public var waits: (seconds: Double, count: Int) { buffer.waits }
}

/// What the two threads share.
///
/// `@unchecked Sendable`: every property is read and written with `condition` locked.
private final class PrefetchBuffer<Element: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private let depth: Int
  private var ready: [Result<Element, any Error>] = []
  private var producer: Thread?
  private var isCancelled = false
  private var isDone = false
  private var waitTime = Duration.zero
  private var waitCount = 0

  init(depth: Int) { self.depth = depth }

  var waits: (seconds: Double, count: Int) {
    condition.withLock { (waitTime / .seconds(1), waitCount) }
  }

  /// The background thread's work.
  func fill(_ requests: Range<Int>, _ produce: (Int) throws -> Element) {
    condition.withLock { producer = Thread.current }
    for request in requests {
      guard waitForRoom() else { break }
      put(Result { try produce(request) })
    }
    condition.withLock {
      isDone = true
      condition.broadcast()
    }
  }

  /// - Returns: false if nothing more is wanted.
  private func waitForRoom() -> Bool {
    condition.withLock {
      while ready.count >= depth && !isCancelled { condition.wait() }
      return !isCancelled
    }
  }

  private func put(_ result: Result<Element, any Error>) {
    condition.withLock {
      guard !isCancelled else { return }
      ready.append(result)
      condition.broadcast()
    }
  }

  func take() -> Result<Element, any Error>? {
    condition.withLock {
      if ready.isEmpty && !isDone && !isCancelled {
        let start = ContinuousClock.now
        while ready.isEmpty && !isDone && !isCancelled { condition.wait() }
        waitTime += ContinuousClock.now - start
        waitCount += 1
      }
      guard !ready.isEmpty else { return nil }
      condition.broadcast()
      return ready.removeFirst()
    }
  }

  func cancel() {
    condition.withLock {
      isCancelled = true
      ready.removeAll()
      condition.broadcast()
      // `produce` itself may drop the last reference; its thread must not wait for itself.
      while !isDone && producer !== Thread.current { condition.wait() }
    }
  }
}
