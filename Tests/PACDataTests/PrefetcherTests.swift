import Foundation
import Synchronization
import Testing

@testable import PACData

@Suite("Reading ahead", .timeLimit(.minutes(1)))
struct PrefetcherTests {
  struct Broken: Error, Equatable { let request: Int }

  @Test("thousands of elements arrive in order", arguments: [1, 2, 7])
  func order(depth: Int) throws {
    let ahead = Prefetcher(10..<20_010, depth: depth) { $0 * 3 }
    for request in 10..<20_010 { #expect(try ahead.next() == request * 3) }
    #expect(try ahead.next() == nil)
    #expect(try ahead.next() == nil)
  }

  @Test("nothing is produced beyond the depth while the consumer is slow", arguments: [1, 3])
  func bounded(depth: Int) throws {
    let produced = Counter()
    let ahead = Prefetcher(0..<100, depth: depth) { request in
      produced.add()
      return request
    }
    for taken in 0..<5 {
      // However long it takes the thread to get there, it gets there and no further.
      while produced.value < taken + depth { Thread.sleep(forTimeInterval: 0.001) }
      Thread.sleep(forTimeInterval: 0.01)
      #expect(produced.value == taken + depth)
      #expect(try ahead.next() == taken)
    }
  }

  @Test("waiting is counted when the producer is slow and not when the consumer is")
  func waits() throws {
    let slowProducer = Prefetcher(0..<10, depth: 2) { request in
      Thread.sleep(forTimeInterval: 0.01)
      return request
    }
    while try slowProducer.next() != nil {}
    #expect(slowProducer.waits.seconds > 0.08)
    #expect(slowProducer.waits.count >= 9)

    let slowConsumer = Prefetcher(0..<10, depth: 2) { $0 }
    for _ in 0..<10 {
      Thread.sleep(forTimeInterval: 0.01)
      _ = try slowConsumer.next()
    }
    // None, unless the machine is so busy that the thread does not get its turn.
    #expect(slowConsumer.waits.seconds < 0.05)
  }

  @Test("an error arrives at its place and the next request follows")
  func errors() throws {
    let ahead = Prefetcher(0..<6, depth: 3) { request in
      if request % 3 == 1 { throw Broken(request: request) }
      return request
    }
    #expect(try ahead.next() == 0)
    #expect(throws: Broken(request: 1)) { try ahead.next() }
    #expect(try ahead.next() == 2)
    #expect(try ahead.next() == 3)
    #expect(throws: Broken(request: 4)) { try ahead.next() }
    #expect(try ahead.next() == 5)
    #expect(try ahead.next() == nil)
  }

  @Test("cancelling in the middle ends production before it returns")
  func cancel() throws {
    for taken in [0, 1, 5] {
      let running = Counter()
      let ahead = Prefetcher(0..<1_000_000, depth: 4) { request in
        running.add()
        Thread.sleep(forTimeInterval: 0.001)
        running.add(-1)
        return request
      }
      for request in 0..<taken { #expect(try ahead.next() == request) }
      ahead.cancel()
      #expect(running.value == 0)
      #expect(try ahead.next() == nil)
      ahead.cancel()
    }
  }

  @Test("dropping it in the middle stops the thread, a thousand times over")
  func dropped() throws {
    let running = Counter()
    for round in 0..<1000 {
      var ahead: Prefetcher? = Prefetcher(0..<1_000_000, depth: 2) { request in
        running.add()
        defer { running.add(-1) }
        return request
      }
      if round % 2 == 0 { #expect(try ahead?.next() == 0) }
      ahead = nil
      #expect(running.value == 0)
    }
  }

  @Test("a waiting consumer is released when another thread cancels")
  func cancelWhileWaiting() throws {
    let gate = DispatchSemaphore(value: 0)
    let ahead = Prefetcher(0..<10, depth: 1) { request in
      gate.wait()
      return request
    }
    let canceller = Thread {
      Thread.sleep(forTimeInterval: 0.02)
      gate.signal()
      ahead.cancel()
    }
    canceller.start()
    // Whether the first element or the cancellation wins is left open; that it ends is what counts.
    let first = try ahead.next()
    #expect(first == nil || first == 0)
    for _ in 0..<10 { gate.signal() }
    ahead.cancel()
    #expect(try ahead.next() == nil)
  }

  @Test("the producer may drop the last reference itself")
  func droppedByProducer() {
    let holder = Holder()
    let started = DispatchSemaphore(value: 0)
    let ended = DispatchSemaphore(value: 0)
    holder.ahead.withLock {
      $0 = Prefetcher(0..<100, depth: 1) { request in
        started.wait()
        let last = holder.ahead.withLock { ahead in
          defer { ahead = nil }
          return ahead
        }
        withExtendedLifetime(last) {}
        ended.signal()
        return request
      }
    }
    started.signal()
    #expect(ended.wait(timeout: .now() + 10) == .success)
  }

  @Test("an empty range ends at once")
  func empty() throws {
    #expect(try Prefetcher(0..<0, depth: 1) { $0 }.next() == nil)
  }
}

/// Holds a reader that its own producer can reach.
private final class Holder: Sendable {
  let ahead = Mutex<Prefetcher<Int>?>(nil)
}

/// A number that several threads change.
private final class Counter: Sendable {
  private let count = Mutex(0)
  var value: Int { count.withLock { $0 } }
  func add(_ change: Int = 1) { count.withLock { $0 += change } }
}
