import PACCheckpoints
import PACDistributed

extension Arithmetic {
  /// The warning about ranks whose arithmetic differs; nil if all are alike.
  ///
  /// All ranks call it together.
  /// - Throws: `DistributedError` if MPI reports an error.
  func warning(among communicator: Communicator) throws -> String? {
    let separator: Character = "\n"
    let all = try communicator.allGather(
      "\(threads)\(separator)\(processor)\(separator)\(instructionSet)"
    )
    .map { text in
      let parts = text.split(separator: separator, omittingEmptySubsequences: false)
      return Arithmetic(
        threads: Int(parts[0]) ?? 0, processor: String(parts[1]), instructionSet: String(parts[2]))
    }
    guard let rank = all.firstIndex(where: { $0 != all[0] }) else { return nil }
    let found = all[rank].differences(from: all[0]).joined(separator: ", ")
    return "rank \(rank) computes differently from rank 0 (\(found)): the last bits of the results "
      + "depend on which samples it gets"
  }
}
