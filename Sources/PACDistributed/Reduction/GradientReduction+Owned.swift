import CPACMPI
import PACTensors

extension GradientReduction {
  /// The number of parameters this rank owns.
  public var ownedCount: Int { layout.ownedCount(owner) }

  /// The elements of a whole vector that this rank owns, segments concatenated.
  /// - Precondition: as many elements as there are parameters.
  public func owned(of whole: Tensor) -> Tensor {
    precondition(whole.count == layout.count, "\(whole.count) elements of \(layout.count)")
    guard layout.owners > 1 else { return whole.reshaped([whole.count]) }
    return Tensor([ownedCount]) { owned in
      whole.withUnsafeBufferPointer { whole in
        for bucket in 0..<layout.bucketCount {
          let segment = layout.segment(bucket: bucket, owner: owner)
          let start = layout.ownedStart(bucket: bucket, owner: owner)
          _ = owned[start..<start + segment.count].update(fromContentsOf: whole[segment])
        }
      }
    }
  }

  /// Gathers the ranks' owned elements on rank 0; all ranks call it together.
  /// - Parameters:
  ///   - owned: this rank's elements, as `owned(of:)` returns them.
  ///   - whole: set to the whole vector on rank 0, reusing its memory if it has that size;
  ///     unchanged on other ranks.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func gather(_ owned: Tensor, into whole: inout Tensor) throws {
    precondition(owned.count == ownedCount, "\(owned.count) elements of \(ownedCount)")
    let isRankZero = communicator.isRankZero
    guard layout.owners > 1 else {
      if isRankZero { whole.copy(from: owned) }
      return
    }
    if isRankZero && whole.count != layout.count { whole = .zeros([layout.count]) }
    try whole.withUnsafeMutableBufferPointer { whole in
      try owned.withUnsafeBufferPointer { owned in
        for bucket in 0..<layout.bucketCount {
          let start = layout.ownedStart(bucket: bucket, owner: owner)
          let count = layout.segment(bucket: bucket, owner: owner).count
          try communicator.gather(
            UnsafeBufferPointer(rebasing: owned[start..<start + count]),
            into: isRankZero
              ? UnsafeMutableBufferPointer(rebasing: whole[layout.bucket(bucket)]) : nil,
            segments: layout.segmentsWithin(bucket: bucket))
        }
      }
    }
  }
}

extension Communicator {
  /// Gathers the ranks' segments on rank 0, which alone passes the destination.
  fileprivate func gather(
    _ own: UnsafeBufferPointer<Float>, into whole: UnsafeMutableBufferPointer<Float>?,
    segments: [Range<Int>]
  ) throws {
    guard let world = try world() else { return }
    try world.check(
      MPI_Gatherv(
        own.baseAddress, Int32(own.count), pac_mpi_float(), whole?.baseAddress,
        segments.map { Int32($0.count) }, segments.map { Int32($0.lowerBound) }, pac_mpi_float(), 0,
        world.handle), "MPI_Gatherv")
  }
}
