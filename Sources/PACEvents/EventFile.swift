import Foundation
import PACFiles
import SwiftProtobuf

/// An event file of TensorBoard, which a run appends to.
///
/// `tensorboard --logdir FOLDER` shows all files of a folder as one run. Each start of the run begins
/// a file of its own; TensorBoard leaves out what earlier files hold of the steps that are done again.
public final class EventFile: Sendable {
  /// The file.
  public let path: String
  private let file: SystemFile

  /// Creates a file.
  /// - Parameters:
  ///   - folder: an existing folder.
  ///   - step: the last step that earlier files keep; 0 for a new run.
  ///   - time: seconds since 1970; it becomes part of the name, by which TensorBoard sorts.
  /// - Throws: `SystemFile.Failure` if it cannot be written.
  public init(
    in folder: String, after step: Int, at time: Double = Date().timeIntervalSince1970
  ) throws(SystemFile.Failure) {
    let host = ProcessInfo.processInfo.hostName.filter { $0.isLetter || $0.isNumber || $0 == "-" }
    path = "\(folder)/events.out.tfevents.\(Int(time)).\(host).\(getpid())"
    do {
      try AtomicFile(path).commit()
    } catch {
      throw SystemFile.Failure(problem: error.problem, code: error.reason.code)
    }
    file = try SystemFile(path, for: .appending)
    try write(at: time, step: 0) { $0.fileVersion = "brain.Event:2" }
    try write(at: time, step: step + 1) { $0.session.status = .start }
  }

  /// Appends what belongs to a step.
  /// - Parameters:
  ///   - events: values by tag.
  ///   - step: the number of optimizer steps.
  ///   - time: seconds since 1970.
  /// - Throws: `SystemFile.Failure` if it cannot be written.
  public func append(
    _ events: [(tag: String, value: Event)], step: Int,
    at time: Double = Date().timeIntervalSince1970
  ) throws(SystemFile.Failure) {
    try write(at: time, step: step) { record in
      record.summary.values = events.map { $0.value.message($0.tag) }
    }
  }

  private func write(
    at time: Double, step: Int, _ fill: (inout EventRecord) -> Void
  ) throws(SystemFile.Failure) {
    var record = EventRecord()
    record.wallTime = time
    record.step = Int64(step)
    fill(&record)
    // Only a required field that is missing, or a message of 2 GiB, could fail.
    guard let bytes: [UInt8] = try? record.serializedBytes() else {
      throw SystemFile.Failure(problem: "cannot encode an event of step \(step)", code: 0)
    }
    try file.write(RecordFrame.bytes(of: bytes))
  }
}
