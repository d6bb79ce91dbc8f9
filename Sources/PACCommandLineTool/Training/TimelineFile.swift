import Foundation
import PACDistributed

/// The file of `--timeline`.
struct TimelineFile {
  /// The timeline that is written at the end.
  let timeline: Timeline
  private let path: String

  /// Starts a timeline; all ranks call it together.
  /// - Throws: one line, on all ranks alike, if rank 0 cannot write the file.
  init(_ path: String, _ communicator: Communicator) throws {
    self.path = path
    // A path that cannot be written must fail now, not after hours of training.
    try communicator.together { if communicator.isRankZero { try Self.write("", path) } }
    timeline = try Timeline(communicator)
  }

  /// Writes the spans of all ranks; all ranks call it together.
  func write(_ communicator: Communicator) throws {
    let document = try timeline.document(communicator)
    try communicator.together { if let document { try Self.write(document, path) } }
  }

  private static func write(_ text: String, _ path: String) throws {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard file >= 0 else { throw failure(path, errno) }
    do {
      try FileHandle(fileDescriptor: file, closeOnDealloc: true).write(contentsOf: Data(text.utf8))
    } catch {
      throw failure(path, errno)
    }
  }

  private static func failure(_ path: String, _ code: Int32) -> TimelineError {
    TimelineError(
      description: "--timeline \(path): cannot write the file "
        + "(\(String(cString: strerror(code)))); choose a file in a writable folder")
  }
}

private struct TimelineError: Error, CustomStringConvertible { let description: String }
