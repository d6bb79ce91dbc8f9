import CPACPlatform
import Synchronization

/// Hands out the numbers 0 ..< `count`, each to one caller only.
final class TaskQueue: Sendable {
  private let taken = Atomic<Int>(0)
  private let count: Int

  init(count: Int) { self.count = count }

  /// The next number nobody has taken, or nil when all are gone.
  func next() -> Int? {
    let task = taken.wrappingAdd(1, ordering: .relaxed).oldValue
    return task < count ? task : nil
  }
}

/// Runs `worker` on every thread of the OpenMP pool, the one oneDNN uses as well, and returns when
/// all are done.
///
/// Each worker allocates its scratch memory, then takes tasks until none is left. Which worker gets
/// a task is not fixed, so a result must not depend on it: tasks write memory of their own, and
/// what is summed over tasks is kept apart by task number and added up in that order.
/// - Parameters:
///   - count: the number of tasks.
///   - worker: runs at once on several threads; must not touch what another task writes.
func withParallelTasks(_ count: Int, _ worker: (TaskQueue) -> Void) {
  let queue = TaskQueue(count: count)
  let threads = min(count, Int(omp_get_max_threads()))
  guard threads > 1 else { return worker(queue) }
  withoutActuallyEscaping(worker) { worker in
    var context = Context(worker: worker, queue: queue)
    withUnsafeMutablePointer(to: &context) { context in
      GOMP_parallel(
        { raw in
          guard let raw else { return }
          let context = raw.assumingMemoryBound(to: Context.self)
          context.pointee.worker(context.pointee.queue)
        }, context, UInt32(threads), 0)
    }
  }
}

/// Calls `body` once for every number in 0 ..< `count`, on all threads of the OpenMP pool.
/// - Parameters:
///   - count: how many calls.
///   - body: must not touch what another call writes.
func parallelFor(_ count: Int, _ body: (Int) -> Void) {
  withParallelTasks(count) { queue in
    while let task = queue.next() { body(task) }
  }
}

private struct Context {
  let worker: (TaskQueue) -> Void
  let queue: TaskQueue
}
