import Foundation
import PACFiles

/// The file `run.lock` that marks a run folder as taken, on any file system that several hosts may
/// share.
///
/// It appears by a hard link, which only one of several processes can make, and is replaced by a
/// rename. Its first line is a number that the holder counts up; it is part of the contents, since
/// clocks of hosts differ and network file systems may show old times.
struct LockFile: Sendable {
  /// The file's path.
  let path: String

  init(folder: String) { path = "\(folder)/run.lock" }

  /// What the file says.
  struct Contents: Equatable {
    /// The holder's heartbeats.
    var beats: Int
    var holder: LockHolder
  }

  /// Reads the file.
  /// - Returns: what it says; nil if there is none. One that is not a lock has an unknown holder.
  /// - Throws: why it cannot be read.
  func read() throws(SystemFile.Failure) -> Contents? {
    let bytes: [UInt8]
    do throws(SystemFile.Failure) {
      bytes = try SystemFile(path, for: .reading).read(upTo: 1 << 12)
    } catch {
      if error.code == ENOENT { return nil }
      throw error
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", maxSplits: 1)
    let beats = lines.first.flatMap { Int($0) } ?? 0
    let holder = lines.count > 1 ? LockHolder(lines[1]) : nil
    return Contents(beats: beats, holder: holder ?? .unknown)
  }

  /// Makes the file unless it exists; only one of several processes succeeds.
  /// - Parameter holder: this process.
  /// - Returns: whether this process has succeeded.
  /// - Throws: why the folder cannot be written.
  func create(_ holder: LockHolder) throws(SystemFile.Failure) -> Bool {
    let draft = try write(holder)
    defer { unlink(draft) }
    if link(draft, path) == 0 { return true }
    let code = errno
    // A network file system may have lost only the answer.
    if try read()?.holder.token == holder.token { return true }
    guard code != EEXIST else { return false }
    // A file system without hard links.
    guard let descriptor = try open(O_CREAT | O_EXCL) else { return false }
    defer { close(descriptor) }
    try Self.write(Self.text(holder), to: descriptor)
    return true
  }

  /// Replaces a file whose holder has ended; only one of several processes succeeds.
  /// - Parameters:
  ///   - dead: the holder that has ended.
  ///   - holder: the new one.
  /// - Returns: whether this process has succeeded.
  /// - Throws: why the folder cannot be written.
  func replace(_ dead: LockHolder, by holder: LockHolder) throws(SystemFile.Failure) -> Bool {
    // Whoever makes this folder may replace this holder and no other.
    let claim = "\(path).\(dead.token)"
    guard mkdir(claim, 0o777) == 0 else {
      guard errno == EEXIST else {
        throw SystemFile.Failure(problem: "cannot take over the lock", code: errno)
      }
      // Of a process that was killed in between: gone the next time.
      if Self.age(of: claim) > 60 { rmdir(claim) }
      return false
    }
    defer { rmdir(claim) }
    // Another process may have finished all of this before.
    guard try read()?.holder.token == dead.token else { return false }
    let draft = try write(holder)
    guard rename(draft, path) == 0 else {
      let code = errno
      unlink(draft)
      throw SystemFile.Failure(problem: "cannot take over the lock", code: code)
    }
    return true
  }

  /// Writes the holder's next heartbeat into the file.
  ///
  /// Only while it is the holder's: a file that replaced it is another one, which this call, having
  /// opened the file before, does not touch.
  /// - Returns: whether the file is the holder's; true, too, if it cannot be read for a while.
  func beat(_ beats: Int, _ holder: LockHolder) -> Bool {
    guard let descriptor = try? open(0) else {
      // Removed by hand: the folder is free, and can be taken again.
      return (try? create(holder)) ?? true
    }
    defer { close(descriptor) }
    guard isHeld(by: holder) else { return false }
    let line = Array(Self.line(beats).utf8)
    // One that does not get through is followed by the next.
    _ = pwrite(descriptor, line, line.count, 0)
    fsync(descriptor)
    return isHeld(by: holder)
  }

  /// Whether the file is the holder's, or absent, or cannot be read for a while.
  func isHeld(by holder: LockHolder) -> Bool {
    guard let found = try? read() else { return true }
    return found.holder.token == holder.token
  }

  /// Removes the file if it is the holder's.
  func remove(_ holder: LockHolder) {
    if let found = try? read(), found.holder.token == holder.token { unlink(path) }
  }

  // MARK: - System calls

  private static func text(_ holder: LockHolder) -> String { line(0) + holder.text }

  /// The first line, always as long.
  private static func line(_ beats: Int) -> String {
    let digits = "\(beats)"
    return String(repeating: "0", count: max(12 - digits.count, 0)) + digits + "\n"
  }

  /// Writes a file of the same contents under a name of its own.
  private func write(_ holder: LockHolder) throws(SystemFile.Failure) -> String {
    let draft = "\(path).\(holder.process)-\(holder.token)"
    let descriptor = Glibc.open(draft, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw SystemFile.Failure(problem: "cannot write the lock", code: errno)
    }
    defer { close(descriptor) }
    try Self.write(Self.text(holder), to: descriptor)
    return draft
  }

  private static func write(_ text: String, to descriptor: Int32) throws(SystemFile.Failure) {
    let bytes = Array(text.utf8)
    guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
      throw SystemFile.Failure(problem: "cannot write the lock", code: errno)
    }
    // Other hosts see it only then.
    fsync(descriptor)
  }

  /// Opens the file for writing; nil if it exists (with O_EXCL) or does not (without).
  private func open(_ flags: Int32) throws(SystemFile.Failure) -> Int32? {
    let descriptor = Glibc.open(path, flags | O_WRONLY | O_CLOEXEC, 0o666)
    if descriptor >= 0 { return descriptor }
    if errno == EEXIST || errno == ENOENT { return nil }
    throw SystemFile.Failure(problem: "cannot write the lock", code: errno)
  }

  private static func age(of path: String) -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else { return 0 }
    return time(nil) - status.st_mtim.tv_sec
  }
}

extension LockHolder {
  /// The holder of a file that says nothing, as one does that was damaged.
  fileprivate static let unknown = LockHolder(
    host: "unknown", process: 0, started: "", numbering: "", job: "", since: "unknown",
    token: "unknown")
}
