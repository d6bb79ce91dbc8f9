import Foundation
import PACFiles

/// A log of a run: as `CSVLog`, but rows wait while the file system fails for reasons that may pass.
struct RunLog {
  private let path: String
  private let columns: [String]
  private let limit: Int
  private let pause: Double
  private var waiting: [(count: Int, values: [Double])] = []
  private var failures = 0

  /// The count of the last row when the log was opened; nil if there was none.
  let lastCount: Int?

  /// Opens a log, or creates one.
  /// - Parameters:
  ///   - path: the file.
  ///   - columns: the names of the columns, that of the count first.
  ///   - count: the last count whose row is kept; nil to keep none.
  ///   - limit: how many rows in a row may fail.
  ///   - pause: the seconds before the second attempt to write a row.
  /// - Throws: `TrainingError.log`.
  init(
    _ path: String, columns: [String], keepingThrough count: Int?, failures limit: Int,
    pause: Double = 2
  ) throws {
    self.path = path
    self.columns = columns
    self.limit = limit
    self.pause = pause
    lastCount = try CSVLog(path, columns: columns, keepingThrough: count).lastCount
  }

  /// Appends a row, and those that wait; replaces one of the same count.
  /// - Returns: a warning if the row has to wait for the next one.
  /// - Throws: `TrainingError.log` if it cannot be written.
  mutating func append(at count: Int, _ values: [Double]) throws -> String? {
    waiting.append((count, values))
    do {
      try writeTwice()
      failures = 0
      return nil
    } catch let error as TrainingError {
      failures += 1
      guard error.mayPass, failures < limit else { throw error }
      return "\(error); the row of \(columns[0]) \(count) waits for the next one, "
        + "\(failures) of \(limit) failures in a row (checkpoint-failures)"
    }
  }

  /// Writes the rows that wait, at the end of the run.
  /// - Throws: `TrainingError.log` if they cannot be written.
  mutating func finish() throws { try writeTwice() }

  private mutating func writeTwice() throws {
    do {
      try write()
    } catch let error as TrainingError where error.mayPass {
      Thread.sleep(forTimeInterval: pause)
      try write()
    }
  }

  private mutating func write() throws {
    while let row = waiting.first {
      // Opened anew, which also removes what is left of a row that failed.
      try CSVLog(path, columns: columns, keepingThrough: row.count - 1)
        .append(at: row.count, row.values)
      waiting.removeFirst()
    }
  }
}

extension TrainingError {
  fileprivate var mayPass: Bool {
    if case .log(_, _, let cause) = self { cause.mayPass } else { false }
  }
}
