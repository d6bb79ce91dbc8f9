import CPACMPI

/// One or several nonblocking collective operations.
///
/// It owns MPI's requests and the arrays of counts that they read until they complete. The caller
/// keeps the buffers it sends from and receives into.
final class PendingOperation {
  private let ranks: MPICommunicator
  private var requests: [MPI_Request?] = []
  private var failure: (any Error)?
  private var arrays: [UnsafeMutablePointer<Int32>] = []
  private var start: ((PendingOperation) throws -> Void)?
  /// The longest time between tests, in microseconds.
  let pause: UInt32
  /// When it was found to be complete.
  private(set) var end: ContinuousClock.Instant?

  /// Makes an operation that has not started.
  /// - Parameters:
  ///   - ranks: the communicator.
  ///   - length: the number of floats sent. Each test interrupts a computing thread for about 5 µs.
  ///     Tests are ten times as frequent only for long messages, which need many until they arrive.
  ///   - start: adds the MPI operations.
  init(
    on ranks: MPICommunicator, length: Int = 0, start: @escaping (PendingOperation) throws -> Void
  ) {
    self.ranks = ranks
    pause = length < 1 << 18 ? 1000 : 100
    self.start = start
  }

  deinit {
    // After an error MPI may still read them.
    guard requests.isEmpty else { return }
    for array in arrays { array.deallocate() }
  }

  /// Whether `begin()` was called.
  var hasBegun: Bool { start == nil }

  /// Whether it is known to be complete, or has failed.
  var isOver: Bool { failure != nil || hasBegun && requests.isEmpty }

  /// Starts the MPI operations; `test()` and `wait()` throw an error of this.
  func begin() {
    guard let start else { return }
    self.start = nil
    do { try start(self) } catch { failure = error }
  }

  /// Starts one more operation.
  /// - Parameters:
  ///   - call: the name of the MPI function, for messages.
  ///   - start: calls it with the communicator's handle and the place for its request.
  /// - Throws: `DistributedError` if MPI reports an error.
  func add(
    _ call: String, _ start: (MPI_Comm?, UnsafeMutablePointer<MPI_Request?>) -> Int32
  ) throws {
    var request = pac_mpi_request_null()
    try ranks.check(start(ranks.handle, &request), call)
    requests.append(request)
  }

  /// Keeps counts or displacements until all operations are complete.
  func keep(_ numbers: some Collection<Int>) -> UnsafePointer<Int32> {
    let array = UnsafeMutablePointer<Int32>.allocate(capacity: max(numbers.count, 1))
    for (i, number) in numbers.enumerated() { (array + i).initialize(to: Int32(number)) }
    arrays.append(array)
    return UnsafePointer(array)
  }

  /// Progresses messages, and tests whether all operations are complete.
  ///
  /// After an error, every later call throws it too.
  func test() throws -> Bool {
    if let failure { throw failure }
    guard !isOver else { return true }
    guard hasBegun else { return false }
    var flag: Int32 = 0
    try checkOnce(
      MPI_Testall(Int32(requests.count), &requests, &flag, pac_mpi_statuses_ignore()),
      "MPI_Testall")
    if flag != 0 { conclude() }
    return flag != 0
  }

  /// Waits until all operations, which have started, are complete.
  func wait() throws {
    if let failure { throw failure }
    guard !isOver else { return }
    try checkOnce(
      MPI_Waitall(Int32(requests.count), &requests, pac_mpi_statuses_ignore()), "MPI_Waitall")
    conclude()
  }

  private func conclude() {
    requests = []
    end = .now
  }

  private func checkOnce(_ status: Int32, _ call: String) throws {
    do {
      try ranks.check(status, call)
    } catch {
      failure = error
      throw error
    }
  }
}
