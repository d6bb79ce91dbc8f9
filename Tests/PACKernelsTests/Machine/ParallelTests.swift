import Synchronization
import Testing

@testable import PACKernels

@Suite struct ParallelTests {
  @Test(arguments: [0, 1, 2, 7, 1000])
  func runsEveryTaskOnce(_ count: Int) {
    let threads = Threads.count
    defer { Threads.set(threads) }
    for threads in [1, 3] {
      Threads.set(threads)
      var calls = [Int](repeating: 0, count: count)
      calls.withUnsafeMutableBufferPointer { calls in
        let calls = calls
        parallelFor(count) { calls[$0] += 1 }
      }
      #expect(calls.allSatisfy { $0 == 1 })
    }
  }
}
