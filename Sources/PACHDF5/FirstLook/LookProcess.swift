import CPACPlatform
import Glibc

/// A process of this program that looks at a file, and says how that ended by a byte, behind which
/// the texts follow.
///
/// It is started with `posix_spawn`, which copies no memory: a copy of a process that computes with
/// MPI could disturb memory that a network card writes.
struct LookProcess {
  /// What the process writes at the end, before the texts.
  static let complete = UInt8(ascii: "c")
  /// What it writes when an allocation has failed.
  static let outOfMemory = UInt8(ascii: "m")

  private let identifier: pid_t
  /// Where what it writes arrives.
  private let output: Int32

  /// The `errno` with which the process could not be started.
  struct StartFailure: Error {
    let code: Int32
  }

  /// Starts this program with these arguments.
  init(_ arguments: [String]) throws(StartFailure) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw StartFailure(code: errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var child = pid_t()
    let code = Self.spawn(arguments, output: ends[1], &child)
    close(ends[1])
    guard code == 0 else {
      close(ends[0])
      throw StartFailure(code: code)
    }
    identifier = child
    output = ends[0]
  }

  /// - Returns: 0, or the `errno` of the failure.
  private static func spawn(
    _ arguments: [String], output: Int32, _ child: inout pid_t
  ) -> Int32 {
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO)
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    pac_close_from(&files, STDERR_FILENO + 1)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Signals that this process blocks or ignores must end the other one.
    var (none, all) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    return withArguments(arguments) { arguments in
      withArguments(environment) { environment in
        posix_spawn(&child, "/proc/self/exe", &files, &attributes, arguments, environment)
      }
    }
  }

  /// This process's environment; a crash must end the process at once, without a backtrace.
  private static var environment: [String] {
    var texts: [String] = []
    var next = Glibc.environ
    while let text = next.pointee {
      texts.append(String(cString: text))
      next += 1
    }
    return texts.filter { !$0.hasPrefix("SWIFT_BACKTRACE=") } + ["SWIFT_BACKTRACE=enable=no"]
  }

  /// Waits for the end, and brings it about if that takes too long.
  func verdict(on path: String, within limits: LookLimits) -> LookVerdict {
    let written = written(within: limits)
    close(output)
    if (written?.count ?? 0) > limits.megabytes << 20 { kill(identifier, SIGKILL) }
    guard let written else {
      kill(identifier, SIGKILL)
      // A process that waits for a disk which does not answer cannot be waited for.
      waitpid(identifier, nil, WNOHANG)
      return .outOfTime(waiting: true)
    }
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
    switch (status, written.first) {
    case (0, Self.complete):
      let texts = try? LookTexts(Array(written.dropFirst()), file: path)
      return texts.map { .complete($0) } ?? .crashed
    case (0, Self.outOfMemory): return .outOfMemory
    default: break
    }
    switch status & 0x7F {
    case SIGXCPU: return .outOfTime(waiting: false)
    case SIGKILL where written.count <= limits.megabytes << 20: return .killed
    default: return .crashed
    }
  }

  /// All that the process has written when it ends; nil if that takes too long.
  private func written(within limits: LookLimits) -> [UInt8]? {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    let end = now.tv_sec + limits.wallSeconds
    while now.tv_sec <= end {
      var wait = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
      if poll(&wait, 1, 1000) > 0 {
        let count = read(output, &piece, piece.count)
        if count == 0 { return bytes }
        if count > 0 { bytes += piece[..<count] }
        // More than it could have read.
        if bytes.count > limits.megabytes << 20 { return bytes }
      }
      clock_gettime(CLOCK_MONOTONIC, &now)
    }
    return nil
  }
}

/// Calls `body` with a list of C strings that ends with nil, as programs are started with.
private func withArguments<R>(
  _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
) -> R {
  let pointers = texts.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  return pointers.withUnsafeBufferPointer { buffer in
    guard let start = buffer.baseAddress else { preconditionFailure("an empty list") }
    return body(start)
  }
}
