import Foundation
import PACFiles
import PACKernels

/// What computing needs besides tensors: the threads of the OpenMP pool, and a buffer of OpenBLAS
/// for each.
///
/// The libraries do not survive it if the system refuses these: OpenBLAS asks for its buffer for
/// ever, libgomp ends the process, and a thread of our own that never starts is waited for. So they
/// are tried first, all at once.
enum ComputingRuntime {
  /// Threads besides the pool's: prefetch, checkpoint, log of steps, watch, MPI's own.
  private static let helpers = 7
  /// Room for the first tensors and for the heaps that glibc gives to threads.
  ///
  /// With less, a small
  /// network ran out of memory, or its threads searched for memory most of the time.
  private static let workspace = 256 << 20

  /// Starts the pool and makes the buffers.
  /// - Parameter threads: how many threads are wanted.
  /// - Returns: how many the OpenMP runtime gives, which the kernels use from now on.
  /// - Throws: one line with the limit and the need if there is too little memory, or too few
  ///   threads are allowed.
  static func start(threads: Int) throws -> Int {
    let advice = "set OMP_NUM_THREADS to fewer than \(threads)"
    let (stack, buffer) = (stackSize(), OpenBLAS.bufferSize)
    try MemoryLimit.require(
      threads * (stack + buffer) + helpers * stack + workspace,
      for: "\(counted(threads, "thread")) (a stack of \(stack >> 20) MB and a buffer of "
        + "\(buffer >> 20) MB each) and the first tensors",
      of: [.addressSpace, .data], advice: threads > 1 ? advice : "run it elsewhere")
    try tryThreads(threads + helpers, advice: advice)
    try tryBuffers(threads, advice: advice)
    let given = Threads.set(threads)
    OpenBLAS.makeBuffers(given)
    return given
  }

  /// Starts so many threads at once, and ends them.
  private static func tryThreads(_ count: Int, advice: String) throws {
    let gate = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    sem_init(gate, 0, 0)
    var threads: [pthread_t] = []
    var status: Int32 = 0
    while threads.count < count, status == 0 {
      var thread = pthread_t()
      status = pthread_create(
        &thread, nil,
        { gate in
          if let gate { sem_wait(gate.assumingMemoryBound(to: sem_t.self)) }
          return nil
        }, gate)
      if status == 0 { threads.append(thread) }
    }
    for _ in threads { sem_post(gate) }
    for thread in threads { pthread_join(thread, nil) }
    sem_destroy(gate)
    gate.deallocate()
    guard status != 0 else { return }
    throw ProcessSetupError.tooFewThreads(
      needed: count, started: threads.count, reason: String(cString: strerror(status)),
      advice: advice)
  }

  /// Maps so many buffers at once, and unmaps them.
  private static func tryBuffers(_ count: Int, advice: String) throws {
    var buffers: [UnsafeMutableRawPointer] = []
    defer { for buffer in buffers { munmap(buffer, OpenBLAS.bufferSize) } }
    for _ in 0..<count {
      guard
        let buffer = mmap(
          nil, OpenBLAS.bufferSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
        buffer != MAP_FAILED
      else {
        throw ProcessSetupError.tooFewBuffers(
          needed: count, megabytes: OpenBLAS.bufferSize >> 20,
          reason: String(cString: strerror(errno)), advice: advice)
      }
      buffers.append(buffer)
    }
  }

  /// The stack that a new thread gets, in bytes.
  private static func stackSize() -> Int {
    var attributes = pthread_attr_t()
    var size = 8 << 20
    guard pthread_attr_init(&attributes) == 0 else { return size }
    pthread_attr_getstacksize(&attributes, &size)
    pthread_attr_destroy(&attributes)
    return size
  }
}

/// `1 thread`, `2 threads`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
