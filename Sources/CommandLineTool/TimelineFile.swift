import Distributed
import Foundation

/// The file of `--timeline`.
struct TimelineFile {
  /// What is written in the end.
  let timeline: Timeline
  private let path: String

  /// Begins a timeline; all ranks call it together.
  /// - Throws: on all ranks alike one line if the leader cannot write the file.
  init(_ path: String, _ communicator: Communicator) throws {
    self.path = path
    // Not to be found out after hours of training.
    try communicator.together { if communicator.isLeader { try Self.write("", path) } }
    timeline = try Timeline(communicator)
  }

  /// Writes all ranks' spans; all ranks call it together.
  func write(_ communicator: Communicator) throws {
    let document = try timeline.document(communicator)
    try communicator.together { if let document { try Self.write(document, path) } }
  }

  private static func write(_ text: String, _ path: String) throws {
    do {
      try text.write(toFile: path, atomically: false, encoding: .utf8)
    } catch {
      let reason = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
      throw TimelineError(
        description: "--timeline \(path): cannot write it"
          + (reason.map { " (\($0.localizedDescription))" } ?? "")
          + "; name a file in a folder that can be written")
    }
  }
}

private struct TimelineError: Error, CustomStringConvertible { let description: String }
