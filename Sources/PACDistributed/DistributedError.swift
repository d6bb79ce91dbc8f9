/// What can go wrong between ranks; the description is one line that names the rank.
public enum DistributedError: Error, Equatable, CustomStringConvertible {
  /// A rank met an error and every rank was told, see `Communicator.agree(on:)`.
  case failed(rank: Int, message: String)
  /// All ranks met the same error, and every rank was told.
  case common(message: String)
  /// An MPI call returned an error status.
  case call(rank: Int, name: String, message: String)
  /// MPI does not let threads call it one after the other.
  case threadsNotSupported

  /// Whether every rank knows of it, so that all may leave the job in order.
  public var isAgreed: Bool {
    switch self {
    case .failed, .common: true
    case .call, .threadsNotSupported: false
    }
  }

  /// What failed, on which rank, and why.
  public var description: String {
    switch self {
    case .failed(let rank, let message):
      return "rank \(rank): \(message)"
    case .common(let message):
      return message
    case .call(let rank, let name, let message):
      return "rank \(rank): \(name): \(message)"
    case .threadsNotSupported:
      return
        "MPI_Init_thread: this MPI library does not allow threads; use one built with thread support"
    }
  }

  /// The rank an error belongs to and its text without that rank.
  ///
  /// An error that has already been agreed on keeps the rank it came from.
  static func place(of error: any Error, on rank: Int) -> (rank: Int, message: String) {
    switch error as? DistributedError {
    case .failed(let origin, let message): return (origin, message)
    case .call(let origin, let name, let message): return (origin, "\(name): \(message)")
    case .common(let message): return (rank, message)
    case .threadsNotSupported, nil: return (rank, "\(error)")
    }
  }
}
