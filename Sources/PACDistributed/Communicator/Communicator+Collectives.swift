import CPACMPI
import PACTensors

extension Communicator {
  /// Waits until every rank has called it.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func barrier() throws {
    guard let world = try world() else { return }
    try activity.during(.meeting) { try world.check(MPI_Barrier(world.handle), "MPI_Barrier") }
  }

  /// Tells every rank whether any of them had an error; every rank calls it, most of them with nil.
  ///
  /// Without an error it costs one all-reduce of eight bytes.
  /// - Parameter error: this rank's error, nil if it had none.
  /// - Throws: the same `DistributedError` on every rank: `common` if all had the same, else
  ///   `failed` for the lowest failing rank; in a world of one, `error` itself.
  public func agree(on error: (any Error)?) throws {
    guard let world = try world() else {
      if let error { throw error }
      return
    }
    let lowest = try least(error == nil ? worldSize : rank, on: world)
    guard lowest < worldSize else { return }

    let place = error.map { DistributedError.place(of: $0, on: rank) }
    let mine = ExitStatus(of: error ?? DistributedError.common(message: ""))
    let status = ExitStatus(
      rawValue: Int32(try broadcast("\(mine.rawValue)", from: lowest)) ?? mine.rawValue)
    let origin = try broadcast(place.map { "\($0.rank)" } ?? "", from: lowest)
    let message = try broadcast(place?.message ?? "", from: lowest)
    // An error that all ranks had, such as a wrong setting, is not attributed to one rank.
    let isCommon = try sum([place?.message == message ? 1 : 0]) == [Double(worldSize)]
    if isCommon { throw DistributedError.common(message: message, status: status ?? .failed) }
    throw DistributedError.failed(
      rank: Int(origin) ?? lowest, message: message, status: status ?? .failed)
  }

  /// Whether any rank passes true; every rank calls it.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func any(_ flag: Bool) throws -> Bool {
    guard let world = try world() else { return flag }
    return try least(flag ? 0 : 1, on: world) == 0
  }

  /// The minimum of the ranks' values, by an all-reduce of eight bytes.
  private func least(_ value: Int, on world: MPICommunicator) throws -> Int {
    var mine = Int64(value)
    var least = mine
    try activity.during(.meeting) {
      try world.check(
        MPI_Allreduce(&mine, &least, 1, pac_mpi_int64(), pac_mpi_min(), world.handle),
        "MPI_Allreduce")
    }
    return Int(least)
  }

  /// Runs `body` on this rank, then fails on every rank if it failed on any.
  ///
  /// Every rank calls it; `body` must not contain collective operations.
  /// - Throws: as `agree(on:)`.
  public func together<R>(_ body: () throws -> R) throws -> R {
    let result = Result { try body() }
    switch result {
    case .success: try agree(on: nil)
    case .failure(let error): try agree(on: error)
    }
    return try result.get()
  }

  /// Runs `body` on rank 0 alone, then fails on every rank if it failed.
  ///
  /// Every rank calls it; `body` must not contain collective operations.
  /// - Returns: what `body` returned, nil but on rank 0.
  /// - Throws: `DistributedError.common`, which names no rank, or as `agree(on:)`.
  @discardableResult
  public func onRankZero<R>(_ body: () throws -> R) throws -> R? {
    let result = isRankZero ? Result { try body() } : nil
    do {
      if case .failure(let error)? = result { try agree(on: error) } else { try agree(on: nil) }
    } catch DistributedError.failed(_, let message, let status) {
      throw DistributedError.common(message: message, status: status)
    }
    return try result?.get()
  }

  /// Broadcasts the bytes of rank `root` to all; the other ranks' arguments are ignored.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func broadcast(_ bytes: [UInt8], from root: Int = 0) throws -> [UInt8] {
    guard let world = try world() else { return bytes }
    let before = activity.enter(.meeting)
    defer { activity.enter(before) }
    var count = Int64(bytes.count)
    try world.check(
      MPI_Bcast(&count, 1, pac_mpi_int64(), Int32(root), world.handle), "MPI_Bcast")
    var result = rank == root ? bytes : [UInt8](repeating: 0, count: Int(count))
    try result.withUnsafeMutableBytes {
      try broadcast($0.baseAddress, count: $0.count, of: pac_mpi_byte(), 1, from: root, world)
    }
    return result
  }

  /// Broadcasts the string of rank `root` to all; the other ranks' arguments are ignored.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func broadcast(_ text: String, from root: Int = 0) throws -> String {
    String(decoding: try broadcast(Array(text.utf8), from: root), as: UTF8.self)
  }

  /// Broadcasts the `tensor` of rank `root` to all; the shapes are equal on all ranks.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func broadcast(_ tensor: inout Tensor, from root: Int = 0) throws {
    guard let world = try world() else { return }
    try tensor.withUnsafeMutableBufferPointer {
      let stride = MemoryLayout<Float>.stride
      try broadcast($0.baseAddress, count: $0.count, of: pac_mpi_float(), stride, from: root, world)
    }
  }

  private func broadcast(
    _ base: UnsafeMutableRawPointer?, count: Int, of type: MPI_Datatype?, _ stride: Int,
    from root: Int, _ world: MPICommunicator
  ) throws {
    for start in Swift.stride(from: 0, to: count, by: largestMessage) {
      let length = Int32(min(largestMessage, count - start))
      try world.check(
        MPI_Bcast(base?.advanced(by: start * stride), length, type, Int32(root), world.handle),
        "MPI_Bcast")
    }
  }

  /// Gives every rank the values of all, in rank order; ranks may pass different numbers of them.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func allGather(_ values: [Double]) throws -> [[Double]] { try allGather(plain: values) }

  /// Gives every rank the values of all, in rank order; ranks may pass different numbers of them.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func allGather(_ values: [Int]) throws -> [[Int]] { try allGather(plain: values) }

  /// Gathers the strings of all ranks on every rank, in rank order.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func allGather(_ text: String) throws -> [String] {
    try allGather(plain: Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Sums the ranks' values element by element, in rank order and in double precision.
  ///
  /// Every rank gets the same bits, but they may depend on the number of ranks, unlike those of
  /// `GradientReduction`.
  /// - Precondition: every rank passes as many values.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func sum(_ values: [Double]) throws -> [Double] {
    let all = try allGather(values)
    return all.dropFirst().reduce(into: all[0]) { total, other in
      precondition(other.count == total.count, "\(other.count) values against \(total.count)")
      for i in total.indices { total[i] += other[i] }
    }
  }

  /// Gathers elements of a trivial type as bytes.
  private func allGather<Element: BitwiseCopyable>(plain values: [Element]) throws -> [[Element]] {
    guard let world = try world() else { return [values] }
    let before = activity.enter(.meeting)
    defer { activity.enter(before) }
    let stride = MemoryLayout<Element>.stride
    var mine = Int64(values.count * stride)
    var sizes = [Int64](repeating: 0, count: worldSize)
    try world.check(
      MPI_Allgather(&mine, 1, pac_mpi_int64(), &sizes, 1, pac_mpi_int64(), world.handle),
      "MPI_Allgather")
    let starts = sizes.indices.map { sizes[..<$0].reduce(0, +) }
    let total = Int(sizes.reduce(0, +))
    precondition(total <= Int32.max, "\(total) bytes are too many to gather; use a tensor")

    let all = try [UInt8](unsafeUninitializedCapacity: total) { buffer, count in
      try values.withUnsafeBytes {
        try world.check(
          MPI_Allgatherv(
            $0.baseAddress, Int32($0.count), pac_mpi_byte(), buffer.baseAddress,
            sizes.map { Int32($0) }, starts.map { Int32($0) }, pac_mpi_byte(), world.handle),
          "MPI_Allgatherv")
      }
      count = total
    }
    return all.withUnsafeBytes { bytes in
      sizes.indices.map { source in
        (0..<Int(sizes[source]) / stride).map {
          bytes.loadUnaligned(fromByteOffset: Int(starts[source]) + $0 * stride, as: Element.self)
        }
      }
    }
  }
}
