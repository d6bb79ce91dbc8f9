import CPACMPI

/// An MPI communicator.
///
/// It is a value: copies refer to the same communicator, and its creator frees it once.
struct MPICommunicator {
  /// MPI's handle.
  let handle: MPI_Comm?
  /// This process's rank in it.
  let rank: Int

  /// Throws unless `status` is success.
  /// - Parameters:
  ///   - status: the status that MPI returned.
  ///   - call: the function that returned it, for the message.
  /// - Throws: `DistributedError.call`.
  func check(_ status: Int32, _ call: String) throws { try Self.check(status, call, rank: rank) }

  fileprivate static func check(_ status: Int32, _ call: String, rank: Int) throws {
    guard status != pac_mpi_success() else { return }
    var text = [CChar](repeating: 0, count: Int(pac_mpi_max_error_string()) + 1)
    var length: Int32 = 0
    let known = MPI_Error_string(status, &text, &length) == pac_mpi_success()
    let message = String(
      decoding: text.prefix(Int(length)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    throw DistributedError.call(
      rank: rank, name: call, message: known ? message : "unknown MPI error \(status)")
  }
}

// MARK: - Making and freeing

extension MPICommunicator {
  /// Initialises MPI for calls by several threads, one at a time.
  /// - Returns: MPI_COMM_WORLD, set to return errors instead of ending the process.
  static func initializeWorld() throws -> MPICommunicator {
    var threads: Int32 = 0
    let needed = pac_mpi_thread_serialized()
    try check(MPI_Init_thread(nil, nil, needed, &threads), "MPI_Init_thread", rank: 0)
    let world = pac_mpi_comm_world()
    // Before this call MPI ends the process on any error without saying where.
    try check(
      MPI_Comm_set_errhandler(world, pac_mpi_errors_return()), "MPI_Comm_set_errhandler", rank: 0)
    guard threads >= needed else { throw DistributedError.threadsNotSupported }
    var rank: Int32 = 0
    try check(MPI_Comm_rank(world, &rank), "MPI_Comm_rank", rank: 0)
    return MPICommunicator(handle: world, rank: Int(rank))
  }

  /// The number of ranks.
  func size() throws -> Int {
    var size: Int32 = 0
    try check(MPI_Comm_size(handle, &size), "MPI_Comm_size")
    return Int(size)
  }

  /// Duplicates the communicator; messages of the two never mix.
  func duplicated() throws -> MPICommunicator {
    var copy: MPI_Comm?
    try check(MPI_Comm_dup(handle, &copy), "MPI_Comm_dup")
    return MPICommunicator(handle: copy, rank: rank)
  }

  /// Makes a communicator of the first `size` ranks in the same order; all ranks call it together.
  /// - Returns: nil on the other ranks.
  func first(_ size: Int) throws -> MPICommunicator? {
    var group: MPI_Comm?
    let color = rank < size ? 0 : pac_mpi_undefined()
    try check(MPI_Comm_split(handle, color, Int32(rank), &group), "MPI_Comm_split")
    return rank < size ? MPICommunicator(handle: group, rank: rank) : nil
  }

  /// Finds the ranks that can share memory with this one; all ranks call it together.
  func ranksOnNode() throws -> [Int] {
    var node: MPI_Comm?
    try check(
      MPI_Comm_split_type(
        handle, pac_mpi_comm_type_shared(), Int32(rank), pac_mpi_info_null(), &node),
      "MPI_Comm_split_type")
    // A node is identified by its lowest rank, the first of the node's communicator.
    var lowest = Int32(rank)
    try check(MPI_Bcast(&lowest, 4, pac_mpi_byte(), 0, node), "MPI_Bcast")
    try check(MPI_Comm_free(&node), "MPI_Comm_free")
    var nodes = [Int32](repeating: 0, count: try size())
    try check(
      MPI_Allgather(&lowest, 4, pac_mpi_byte(), &nodes, 4, pac_mpi_byte(), handle),
      "MPI_Allgather")
    return nodes.indices.filter { nodes[$0] == lowest }
  }

  /// Frees a communicator that `duplicated()` or `first(_:)` made; all its ranks call it together.
  func free() throws {
    var handle = handle
    try check(MPI_Comm_free(&handle), "MPI_Comm_free")
  }

  /// Finalizes MPI for the process; all ranks call it together, on MPI_COMM_WORLD.
  func finalize() throws { try check(MPI_Finalize(), "MPI_Finalize") }
}
