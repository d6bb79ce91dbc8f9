import Foundation
import PACFiles

/// The file of a `StepLog`: a table whose rows ascend by their first column.
///
/// It may have millions of rows, so that it is cut in place and never held as a whole.
struct StepLogFile {
  private let path: String
  private let file: SystemFile
  /// The bytes of complete rows.
  private var size: Int

  /// Opens a file, or creates one, and removes the rows after a step and an incomplete last one.
  /// - Parameters:
  ///   - path: the file.
  ///   - columns: the names of its columns.
  ///   - step: the step of the last row to keep; 0 to keep none.
  /// - Throws: `TrainingError.log`, for example if the file contains another table.
  init(_ path: String, columns: [String], keepingThrough step: Int) throws {
    self.path = path
    let table = CSVTable(columns: columns)
    do {
      let exists = FileManager.default.fileExists(atPath: path)
      if !exists { try AtomicFile(path).commit() }
      size = try Self.sizeOfRows(in: path, table, through: step)
      file = try SystemFile(path, for: .appending)
      try cut()
      if size == 0 { try append(table.header) }
    } catch let error as CSVTable.Fault {
      throw TrainingError.log(file: error.line.map { "\(path):\($0)" } ?? path, problem: error.text)
    } catch let error as SystemFile.Failure {
      throw Self.error(path, error)
    } catch let error as AtomicFile.Failure {
      throw TrainingError.log(file: path, problem: error.problem, cause: error.reason)
    }
  }

  /// Appends whole rows.
  /// - Throws: `SystemFile.Failure`; the next call removes what was written of them.
  mutating func append(_ rows: String) throws(SystemFile.Failure) {
    let bytes = Array(rows.utf8)
    if try file.size != size { try cut() }
    try file.write(bytes)
    size += bytes.count
  }

  /// Waits until all rows are on disk.
  func synchronize() throws(SystemFile.Failure) { try file.synchronize() }

  /// An error of this file as one of training.
  static func error(_ path: String, _ failure: SystemFile.Failure) -> TrainingError {
    .log(
      file: path, problem: "\(failure.description); check the file and the free disk space",
      cause: SystemReason(code: failure.code))
  }

  private func cut() throws(SystemFile.Failure) {
    guard truncate(path, size) == 0 else {
      throw SystemFile.Failure(problem: "cannot shorten the file", code: errno)
    }
  }

  /// The longest line; more is none of this program's.
  private static let longestLine = 4096

  /// The bytes up to and including the last row to keep.
  private static func sizeOfRows(
    in path: String, _ table: CSVTable, through step: Int
  ) throws -> Int {
    let file = try SystemFile(path, for: .reading)
    var (line, number, size): ([UInt8], Int, Int) = ([], 0, 0)
    while case let chunk = try file.read(upTo: 1 << 20), !chunk.isEmpty {
      for byte in chunk {
        guard byte == UInt8(ascii: "\n") || line.count >= longestLine else {
          line.append(byte)
          continue
        }
        number += 1
        let text = String(decoding: line, as: UTF8.self)
        if number == 1 {
          try table.requireHeader(text)
        } else if try table.key(of: text, number: number) > step {
          return size
        }
        size += line.count + 1
        line.removeAll(keepingCapacity: true)
      }
    }
    // An incomplete header is one of a run that was killed at its beginning.
    let rest = String(decoding: line, as: UTF8.self)
    if number == 0, !table.header.hasPrefix(rest) { try table.requireHeader(rest) }
    return size
  }
}
