import Foundation

/// Keeps two calls from working in one folder at the same time.
///
/// Jobs inherit the lock: after a call was killed it is held until the last of them has ended.
final class FolderLock {
  private let descriptor: Int32

  /// Locks a folder, which must exist.
  /// - Parameters:
  ///   - folder: the folder.
  ///   - seconds: how long to wait for another call, which may be stopping.
  ///   - report: prints a line before it waits.
  /// - Throws: `ReproductionError` if another call has it. Where the file system has no locks,
  ///   nothing is checked.
  init(_ folder: String, waiting seconds: Double, report: (String) -> Void) throws {
    let path = "\(folder)/.lock"
    // Without O_CLOEXEC, so that jobs inherit it.
    descriptor = open(path, O_CREAT | O_RDWR, 0o666)
    guard descriptor >= 0 else {
      throw ReproductionError(
        "\(folder): cannot write into the folder (\(String(cString: strerror(errno))))")
    }
    let start = ContinuousClock.now
    var hasReported = false
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK {
      guard (ContinuousClock.now - start) / .seconds(1) < seconds else {
        throw ReproductionError(
          "\(folder): another call works here, or trainings of one still run; wait for their end")
      }
      if !hasReported { report("waiting for another call that works in \(folder)") }
      hasReported = true
      usleep(100_000)
    }
  }

  deinit { close(descriptor) }
}
