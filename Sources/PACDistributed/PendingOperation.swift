import CPACMPI
import PACTensors

/// A collective operation, or several, that go on while the program computes.
///
/// Owns MPI's requests and the arrays of counts that they read until they are done; whoever makes one keeps the buffers
/// it sends from and receives into.
final class PendingOperation {
  private var requests: [MPI_Request?] = []
  private var failure: (any Error)?
  private var arrays: [UnsafeMutablePointer<Int32>] = []
  private var start: ((PendingOperation) throws -> Void)?
  fileprivate let communicator: Communicator
  /// It begins when fewer operations than these are under way.
  let mostAtOnce: Int
  /// How long a thread may leave it alone, in microseconds.
  let pause: UInt32
  /// When it was found to be done.
  private(set) var end: ContinuousClock.Instant?

  /// Describes an operation that has not begun.
  /// - Parameters:
  ///   - communicator: the ranks.
  ///   - length: the floats that travel. Each test interrupts a thread that computes, for about 5 µs: it is made ten times
  ///     as often only for long messages, which take many until they have arrived.
  ///   - mostAtOnce: it begins when fewer operations than these are under way.
  ///   - start: adds MPI's operations.
  init(
    on communicator: Communicator, length: Int = 0,
    mostAtOnce: Int = GradientReduction.mostTransfers,
    start: @escaping (PendingOperation) throws -> Void
  ) {
    self.communicator = communicator
    self.mostAtOnce = mostAtOnce
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
  ///   - start: calls it with the place for its request.
  /// - Throws: `DistributedError` if MPI reports an error.
  func add(_ call: String, _ start: (UnsafeMutablePointer<MPI_Request?>) -> Int32) throws {
    var request = pac_mpi_request_null()
    try communicator.check(start(&request), call)
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
    try communicator.activity.during(.meeting) {
      try checkOnce(
        MPI_Waitall(Int32(requests.count), &requests, pac_mpi_statuses_ignore()), "MPI_Waitall")
    }
    conclude()
  }

  private func conclude() {
    requests = []
    end = .now
  }

  private func checkOnce(_ status: Int32, _ call: String) throws {
    do {
      try communicator.check(status, call)
    } catch {
      failure = error
      throw error
    }
  }
}

extension Communicator {
  /// Adds up all ranks' `elements`, in place, in an order that MPI chooses.
  func allReduce(_ elements: UnsafeMutableBufferPointer<Float>) -> PendingOperation {
    PendingOperation(on: self, length: elements.count) { [background] operation in
      try operation.add("MPI_Iallreduce") {
        MPI_Iallreduce(
          pac_mpi_in_place(), elements.baseAddress, Int32(elements.count), pac_mpi_float(),
          pac_mpi_sum(), background, $0)
      }
    }
  }

  /// Gives all ranks the segments of `elements` that their owners hold, in place.
  ///
  /// Two at once keep a link busy; with more, what is needed first would share it with what is needed last.
  func allGather(
    _ elements: UnsafeMutableBufferPointer<Float>, segments: [Range<Int>]
  ) -> PendingOperation {
    PendingOperation(on: self, length: elements.count, mostAtOnce: 2) { [background] operation in
      let counts = operation.keep(segments.map(\.count))
      let starts = operation.keep(segments.map(\.lowerBound))
      try operation.add("MPI_Iallgatherv") {
        MPI_Iallgatherv(
          pac_mpi_in_place(), 0, pac_mpi_float(), elements.baseAddress, counts, starts,
          pac_mpi_float(), background, $0)
      }
    }
  }
}

extension PendingOperation {
  /// Counts and displacements, one for each rank, as `keep(_:)` returns them.
  typealias Places = (counts: UnsafePointer<Int32>, starts: UnsafePointer<Int32>)

  /// Sends each rank a part of `outgoing` and receives a part of `incoming` from each.
  func addExchange(
    from outgoing: UnsafePointer<Float>?, _ sent: Places,
    into incoming: UnsafeMutablePointer<Float>, _ awaited: Places
  ) throws {
    try add("MPI_Ialltoallv") {
      MPI_Ialltoallv(
        outgoing, sent.counts, sent.starts, pac_mpi_float(), incoming, awaited.counts,
        awaited.starts, pac_mpi_float(), communicator.background, $0)
    }
  }
}
