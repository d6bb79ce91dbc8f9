import CPACMPI

/// A collective operation, or several, that go on while the program computes.
///
/// Owns MPI's requests and the arrays of counts that they read until they are done; whoever makes
/// one keeps the buffers it sends from and receives into.
final class PendingOperation {
  private let ranks: MPICommunicator
  private var requests: [MPI_Request?] = []
  private var failure: (any Error)?
  private var arrays: [UnsafeMutablePointer<Int32>] = []
  private var start: ((PendingOperation) throws -> Void)?
  /// How long a thread may leave it alone, in microseconds.
  let pause: UInt32
  /// When it was found to be done.
  private(set) var end: ContinuousClock.Instant?

  /// Describes an operation that has not begun.
  /// - Parameters:
  ///   - ranks: the ranks that take part, all of them.
  ///   - length: the floats that travel. Each test interrupts a thread that computes, for about 5
  ///     µs: it is made ten times as often only for long messages, which take many until they have
  ///     arrived.
  ///   - start: adds MPI's operations.
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

  /// Whether it is known to be done, or has failed.
  var isOver: Bool { failure != nil || hasBegun && requests.isEmpty }

  /// Starts MPI's operations; an error is kept for `test()` and `wait()`.
  func begin() {
    guard let start else { return }
    self.start = nil
    do { try start(self) } catch { failure = error }
  }

  /// Starts one more operation.
  /// - Parameters:
  ///   - call: MPI's name of it, for messages.
  ///   - start: calls it with the communicator's handle and the place for its request.
  /// - Throws: `DistributedError` if MPI reports an error.
  func add(
    _ call: String, _ start: (MPI_Comm?, UnsafeMutablePointer<MPI_Request?>) -> Int32
  ) throws {
    var request = pac_mpi_request_null()
    try ranks.check(start(ranks.handle, &request), call)
    requests.append(request)
  }

  /// Counts or displacements, kept until all operations are done.
  func keep(_ numbers: some Collection<Int>) -> UnsafePointer<Int32> {
    let array = UnsafeMutablePointer<Int32>.allocate(capacity: max(numbers.count, 1))
    for (i, number) in numbers.enumerated() { (array + i).initialize(to: Int32(number)) }
    arrays.append(array)
    return UnsafePointer(array)
  }

  /// Moves messages on, and finds out whether all operations are done.
  ///
  /// An error is thrown by this and by every later call.
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

  /// Returns when all operations, which have begun, are done.
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
