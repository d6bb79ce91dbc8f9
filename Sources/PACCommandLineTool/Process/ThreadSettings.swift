import Foundation

/// What the user has set about threads, before OpenMP makes its own of it.
struct ThreadSettings {
  /// The value of OMP_NUM_THREADS; nil if it is unset or empty, as a batch script leaves it.
  let text: String?
  /// The number of threads it asks for; nil if `text` is.
  let count: Int?

  static let variable = "OMP_NUM_THREADS"
  /// Above this and above four times the processors a number is taken for a mistake.
  private static let most = 1024

  /// Reads the variable.
  /// - Parameters:
  ///   - text: its value.
  ///   - processors: how many processors this process may use.
  /// - Throws: one line if OpenMP would not understand it and use its own number, or if it is far
  ///   too large. A list as `4,2` is for nested regions; the first number counts.
  init(
    _ text: String? = getenv(variable).map { String(cString: $0) },
    processors: Int = Cores.processors().count
  ) throws {
    let value = text.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
    self.text = value
    guard let value else {
      count = nil
      return
    }
    let numbers = value.split(separator: ",", omittingEmptySubsequences: false).map {
      Int32($0.trimmingCharacters(in: .whitespaces)).map(Int.init) ?? 0
    }
    guard let first = numbers.first, numbers.allSatisfy({ $0 > 0 }) else {
      throw ProcessSetupError.noThreadNumber(value)
    }
    guard first <= max(Self.most, 4 * processors) else {
      throw ProcessSetupError.absurdThreads(first, processors: processors)
    }
    count = first
  }

  /// Warnings about the threads of a process.
  /// - Parameters:
  ///   - wanted: how many were asked for.
  ///   - given: how many the OpenMP runtime gives.
  ///   - processors: how many processors the process may use.
  /// - Returns: their texts.
  func warnings(wanted: Int, given: Int, processors: Int) -> [String] {
    if given < wanted {
      let names: [String] = ["OMP_THREAD_LIMIT", "OMP_MAX_ACTIVE_LEVELS"]
      let causes = names.compactMap { name in
        getenv(name).map { "\(name)=\(String(cString: $0))" }
      }
      let cause = causes.isEmpty ? "OpenMP's settings" : causes.joined(separator: " and ")
      return [
        "\(cause) leaves \(counted(given, "thread")) of \(wanted); \(given) "
          + "\(given == 1 ? "is" : "are") used"
      ]
    }
    guard count != nil, given > processors else { return [] }
    return [
      "\(Self.variable)=\(text ?? "") is more than the \(counted(processors, "processor")) this "
        + "process may use, which is slow; unset it to use one thread per core"
    ]
  }
}
