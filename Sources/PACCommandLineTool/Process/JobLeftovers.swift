import Foundation
import PACFiles

/// What jobs of Open MPI leave behind when they are killed: segments of shared memory, which take
/// the host's memory until they are removed, and session folders.
///
/// Removed is only what belongs to this user and this host, is older than a minute, and is used by
/// no process. All processes of the host must be visible for that, so nothing is removed within a
/// container.
struct JobLeftovers {
  /// Where Open MPI 4 keeps its segments.
  let sharedMemory: String
  /// Where it keeps its session folders.
  let temporary: String
  let host: String
  let user: uid_t

  /// A job that starts right now may have made what it does not use yet.
  private static let leastAge = 60.0

  /// Removes the leftovers of this user on this host.
  static func remove() {
    // The kernel's own second thread can be seen in the outermost namespace only.
    let second = try? String(contentsOfFile: "/proc/2/comm", encoding: .utf8)
    guard second?.hasPrefix("kthreadd") == true else { return }
    JobLeftovers(
      sharedMemory: "/dev/shm",
      temporary: getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp",
      host: ProcessInfo.processInfo.hostName, user: geteuid()
    ).remove()
  }

  func remove() {
    let segments = names(in: sharedMemory, with: "vader_segment.\(shortHost).").map {
      "\(sharedMemory)/\($0)"
    }.filter { isOurs($0, kind: S_IFREG) && isOld($0) }
    if !segments.isEmpty {
      let used = mappedFiles()
      for segment in segments where !used.contains(segment) { unlink(segment) }
    }
    let sessions = "\(temporary)/ompi.\(shortHost).\(user)"
    guard isOurs(sessions, kind: S_IFDIR) else { return }
    for name in names(in: sessions, with: "pid.") {
      let folder = "\(sessions)/\(name)"
      guard let process = Int32(name.dropFirst(4)), kill(process, 0) != 0, errno == ESRCH,
        isOurs(folder, kind: S_IFDIR), isOld(folder)
      else { continue }
      try? FileManager.default.removeItem(atPath: folder)
    }
  }

  /// Open MPI cuts the name at the first point.
  private var shortHost: Substring { host.prefix { $0 != "." } }

  private func names(in folder: String, with prefix: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasPrefix(prefix) }
  }

  /// Whether a file is of this user and of the given kind; a link is neither.
  private func isOurs(_ path: String, kind: mode_t) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_uid == user && status.st_mode & S_IFMT == kind
  }

  private func isOld(_ path: String) -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0 else { return false }
    return Date().timeIntervalSince1970 - Double(status.st_mtim.tv_sec) > Self.leastAge
  }

  /// The segments that some process of this user maps; other users' cannot map these.
  private func mappedFiles() -> Set<String> {
    var files: Set<String> = []
    for process in names(in: "/proc", with: "") where process.allSatisfy(\.isNumber) {
      // Foundation would read the first page of this file only.
      let bytes = try? SystemFile("/proc/\(process)/maps", for: .reading).readToEnd()
      let maps = String(decoding: bytes ?? [], as: UTF8.self)
      for line in maps.split(separator: "\n") where line.contains("/vader_segment.") {
        guard let start = line.firstIndex(of: "/") else { continue }
        files.insert(String(line[start...]))
      }
    }
    return files
  }
}
