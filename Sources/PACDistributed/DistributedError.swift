/// Errors between ranks; the description is one line that names the rank.
public enum DistributedError: Error, Equatable, CustomStringConvertible {
  /// A rank had an error, and every rank knows it, see `Communicator.agree(on:)`.
  case failed(rank: Int, message: String)
  /// All ranks had the same error, and every rank knows it.
  case common(message: String)
  /// An MPI call returned an error status.
  case call(rank: Int, name: String, message: String)
  /// MPI does not support calls by several threads, even one at a time.
  case threadsNotSupported
  /// The variable PAC_START_TIMEOUT has a value that is no time.
  case badTimeout(String)

  /// Whether every rank knows it, so that all can leave the job in order.
  public var isAgreed: Bool {
    switch self {
    case .failed, .common: true
    case .call, .threadsNotSupported, .badTimeout: false
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
        "MPI_Init_thread: this MPI library does not support threads; "
        + "use one built with thread support"
    case .badTimeout(let text):
      return
        "PAC_START_TIMEOUT: \(text) is no number of seconds; set one above 0, or none"
    }
  }

  /// The rank of an error and its message without the rank.
  ///
  /// An error that was already agreed on keeps its original rank.
  static func place(of error: any Error, on rank: Int) -> (rank: Int, message: String) {
    switch error as? DistributedError {
    case .failed(let origin, let message): return (origin, message)
    case .call(let origin, let name, let message): return (origin, "\(name): \(message)")
    case .common(let message): return (rank, message)
    case .threadsNotSupported, .badTimeout, nil: return (rank, "\(error)")
    }
  }
}
