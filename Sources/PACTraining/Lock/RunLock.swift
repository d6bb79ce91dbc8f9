import Foundation
import PACFiles

/// Keeps two runs from writing into one run folder, on one host or on several that share it.
///
/// The holder counts up a number in the file `run.lock`. Who finds the lock takes it over if the
/// holder has ended: at once if that shows on this host, else when the number has not changed for a
/// time. A holder that was stopped for so long finds that out, and must not write any more.
final class RunLock: Sendable {
  /// How long things take, in seconds.
  struct Times: Sendable {
    /// Between two heartbeats.
    var beat = 5.0
    /// Without a heartbeat, until a holder counts as dead.
    var silence = 60.0
    /// To wait for a holder that lives, since it may be about to end.
    var patience = 5.0
  }

  private let file: LockFile
  private let folder: String
  private let holder: LockHolder
  private let heartbeat: Heartbeat

  /// Takes the lock of a folder, which must exist.
  /// - Parameters:
  ///   - folder: the run folder.
  ///   - times: how long things take.
  ///   - waiting: called four times a second while it waits for another holder.
  ///   - warn: prints a line.
  /// - Throws: `TrainingError.runFolder` if another process holds it, or it cannot be written.
  init(
    _ folder: String, times: Times = Times(), waiting: () -> Void, warn: (String) -> Void
  ) throws {
    self.folder = folder
    file = LockFile(folder: folder)
    holder = .current()
    do {
      try Self.take(file, holder, of: folder, times, waiting, warn)
    } catch let failure as SystemFile.Failure {
      let reason = SystemReason(code: failure.code)
      throw TrainingError.runFolder(
        path: file.path, problem: "\(failure); \(reason.advice)", cause: reason)
    }
    heartbeat = Heartbeat(file, holder, every: times.beat)
  }

  /// Lets other runs into the folder; a second call does nothing.
  func release() {
    heartbeat.stop()
    file.remove(holder)
  }

  deinit { release() }

  /// Checks that nobody has taken the lock over, as far as the heartbeats know.
  /// - Throws: `TrainingError.runFolder`, naming the new holder.
  func requireHeldLately() throws { if heartbeat.isLost { throw lost() } }

  /// Checks the file itself that nobody has taken the lock over.
  /// - Throws: `TrainingError.runFolder`, naming the new holder.
  func requireHeld() throws { if heartbeat.isLost || !file.isHeld(by: holder) { throw lost() } }

  private func lost() -> TrainingError {
    let other = (try? file.read())?.holder.description ?? "another process"
    return .runFolder(
      path: folder,
      problem:
        "this run gave no sign of life for a while, and \(other), has taken the folder over; "
        + "this one ends without writing")
  }

  private static func take(
    _ file: LockFile, _ holder: LockHolder, of folder: String, _ times: Times,
    _ waiting: () -> Void, _ warn: (String) -> Void
  ) throws {
    let start = ContinuousClock.now
    var last: LockFile.Contents?
    var change = start
    var beats = false
    var hasWarned = false
    while true {
      let now = ContinuousClock.now
      if let found = try file.read() {
        if found != last {
          beats = found.holder == last?.holder
          (last, change) = (found, now)
        }
        switch found.holder.hasEnded {
        case true?:
          if try file.replace(found.holder, by: holder) { return }
        case false? where now - start > .seconds(times.patience),
          nil where beats && now - start > .seconds(times.patience):
          throw TrainingError.runFolder(
            path: folder,
            problem: "\(found.holder) writes into this run folder; wait for its end, stop it, "
              + "or set run to another folder")
        case nil where now - change > .seconds(times.silence):
          warn("\(folder): taken over from \(found.holder), silent for \(times.silence) s")
          if try file.replace(found.holder, by: holder) { return }
        case nil where !beats && !hasWarned && now - start > .seconds(2 * times.beat):
          warn(
            "\(folder): \(found.holder), has left a lock there and gives no sign of life; "
              + "this run begins when it has been silent for \(times.silence) s")
          hasWarned = true
        default: break
        }
      } else if try file.create(holder) {
        return
      }
      waiting()
      usleep(250_000)
    }
  }
}
