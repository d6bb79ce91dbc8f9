/// Errors between ranks; the description is one line that names the rank.
public enum DistributedError: Error, Equatable, CustomStringConvertible {
  /// A rank had an error, and every rank knows it, see `Communicator.agree(on:)`.
  case failed(rank: Int, message: String, status: ExitStatus = .failed)
  /// All ranks had the same error, and every rank knows it.
  case common(message: String, status: ExitStatus = .failed)
  /// An MPI call returned an error status.
  case call(rank: Int, name: String, message: String)
  /// MPI does not support calls by several threads, even one at a time.
  case threadsNotSupported
  /// The variable PAC_START_TIMEOUT has a value that is no time.
  case badTimeout(String)

  /// A launcher started this process as one of several, but MPI connects it to no other.
  case launchedAlone(String)
  /// As `launchedAlone`, on all but the first of the processes: it has nothing to report.
  case reportedElsewhere

  /// Whether every rank knows it, so that all can leave the job in order.
  public var isAgreed: Bool {
    switch self {
    case .failed, .common: true
    case .call, .threadsNotSupported, .badTimeout, .launchedAlone, .reportedElsewhere: false
    }
  }

  /// What failed, on which rank, and why.
  public var description: String {
    switch self {
    case .failed(let rank, let message, _):
      return "rank \(rank): \(message)"
    case .common(let message, _):
      return message
    case .call(let rank, let name, let message):
      return "rank \(rank): \(name): \(message)"
    case .launchedAlone(let message): return message
    case .reportedElsewhere: return "reported by the first process"
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
    case .failed(let origin, let message, _): return (origin, message)
    case .call(let origin, let name, let message): return (origin, "\(name): \(message)")
    case .common(let message, _): return (rank, message)
    case .threadsNotSupported, .badTimeout, .launchedAlone, .reportedElsewhere, nil:
      return (rank, "\(error)")
    }
  }
}

/// An error that knows with which status the program ends; all others end it with
/// `ExitStatus.failed`.
public protocol ErrorWithStatus: Error {
  /// The exit status.
  var exitStatus: ExitStatus { get }
}

extension DistributedError: ErrorWithStatus {
  /// That of the error that the ranks agreed on; a failed MPI call means that another rank has died.
  public var exitStatus: ExitStatus {
    switch self {
    case .failed(_, _, let status), .common(_, let status): status
    case .call: .lost
    case .threadsNotSupported, .badTimeout, .launchedAlone, .reportedElsewhere: .failed
    }
  }
}

extension ExitStatus {
  /// The status with which an error ends the program.
  public init(of error: any Error) { self = (error as? any ErrorWithStatus)?.exitStatus ?? .failed }
}
