import Foundation
import PACFiles

/// A table to which rows are appended: `train.log`, `test.log`, `validation.log`.
///
/// The first line names the columns. The first of them counts upwards from row to row, epochs or
/// optimizer steps, and rows are known by it. Numbers are written so that they read
/// back bit for bit. Each row is on disk when `append` returns.
public struct CSVLog: Sendable {
  /// The file.
  public let path: String
  /// The names of the columns, that of the count first.
  public let columns: [String]
  /// The count of the last row when the log was opened; nil if it had none.
  public let lastCount: Int?
  private let file: SystemFile

  /// Opens a log, or creates one.
  ///
  /// A row that a crash left incomplete, and the rows of epochs or steps that will be run again,
  /// are removed, by replacing the whole file atomically.
  /// - Parameters:
  ///   - path: the file.
  ///   - columns: the names of the columns, that of the count first.
  ///   - count: the last count whose row is kept; nil to keep none.
  /// - Throws: `TrainingError.log`, for example if the file contains another table.
  /// - Precondition: there is a column.
  public init(_ path: String, columns: [String], keepingThrough count: Int?) throws {
    precondition(!columns.isEmpty, "a log without columns")
    self.path = path
    self.columns = columns
    do {
      let found =
        FileManager.default.fileExists(atPath: path)
        ? String(decoding: try SystemFile(path, for: .reading).readToEnd(), as: UTF8.self) : ""
      let table = CSVTable(columns: columns)
      let kept = try table.cut(found, keepingThrough: count)
      if kept != found { try Self.replace(path, with: kept) }
      lastCount = kept.split(separator: "\n").last?.split(separator: ",").first.flatMap { Int($0) }
      file = try SystemFile(path, for: .appending)
    } catch let error as CSVTable.Fault {
      throw TrainingError.log(file: error.line.map { "\(path):\($0)" } ?? path, problem: error.text)
    } catch let error as SystemFile.Failure {
      throw Self.error(path, error)
    } catch let error as AtomicFile.Failure {
      throw TrainingError.log(file: path, problem: error.problem, cause: error.reason)
    }
  }

  /// Appends a row: the count, and a value for each other column.
  /// - Precondition: as many values as columns besides the first.
  public func append(at count: Int, _ values: [Double]) throws {
    precondition(values.count == columns.count - 1, "\(values.count) values for \(columns)")
    do {
      try file.write(Array(CSVTable.row(count, values).utf8))
      try file.synchronize()
    } catch {
      throw Self.error(path, error)
    }
  }

  private static func replace(_ path: String, with text: String) throws {
    let file = try AtomicFile(path)
    try SystemFile(file.temporaryPath, for: .appending).write(Array(text.utf8))
    try file.commit()
  }

  private static func error(_ path: String, _ failure: SystemFile.Failure) -> TrainingError {
    .log(
      file: path, problem: "\(failure.description); check the file and the free disk space",
      cause: SystemReason(code: failure.code))
  }
}

/// The text of a log, independent of any file.
struct CSVTable {
  let columns: [String]

  /// What is wrong with a text, and in which line.
  struct Fault: Error, Equatable {
    let line: Int?
    let text: String
  }

  var header: String { columns.joined(separator: ",") + "\n" }

  /// One line; the description of a Double is the shortest text that reads back bit for bit.
  static func row(_ count: Int, _ values: [Double]) -> String {
    (["\(count)"] + values.map { "\($0)" }).joined(separator: ",") + "\n"
  }

  /// Checks the first line of a file.
  func requireHeader(_ line: some StringProtocol) throws(Fault) {
    guard line + "\n" == header else { throw wrongHeader(String(line)) }
  }

  /// The number in the first column of a row; the other columns hold numbers or nothing.
  /// - Parameters:
  ///   - line: the row.
  ///   - number: its number in the file, for errors.
  /// - Returns: the number in the first column.
  /// - Throws: `Fault` if it is no such row.
  func key(of line: some StringProtocol, number: Int) throws(Fault) -> Int {
    let fields = line.split(separator: ",", omittingEmptySubsequences: false)
    guard fields.count == columns.count, let key = Int(fields[0]),
      fields.dropFirst().allSatisfy({ $0.isEmpty || Double($0) != nil })
    else {
      throw Fault(
        line: number,
        text:
          "expected \(columns.count) numbers, found '\(line.prefix(60))'; fix or remove the line")
    }
    return key
  }

  /// The header and the rows up to a count, without an incomplete last line.
  func cut(_ text: String, keepingThrough count: Int?) throws(Fault) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    lines.removeLast()
    guard let first = lines.first else {
      // An incomplete header, or an empty file.
      guard header.hasPrefix(text) else { throw wrongHeader(text) }
      return header
    }
    try requireHeader(first)
    var kept = header
    for (index, line) in lines.enumerated().dropFirst() {
      let rowCount = try key(of: line, number: index + 1)
      if let count, rowCount <= count { kept += line + "\n" }
    }
    return kept
  }

  private func wrongHeader(_ found: String) -> Fault {
    Fault(
      line: 1,
      text: "expected the columns '\(columns.joined(separator: ","))', "
        + "found '\(found.prefix(60))'; remove the file or choose another run folder")
  }
}
