import Glibc

/// Why the system refused an operation on a file, and whether that may pass.
public struct SystemReason: Sendable, Equatable, CustomStringConvertible {
  /// The `errno` of the failure; 0 if it was not the system that refused.
  public let code: Int32

  /// The reason of a code.
  public init(code: Int32) { self.code = code }

  /// The reason in the words of a library that passes the system's on; `code` is 0 if they hold none
  /// of those that may pass.
  public init(words: String?) {
    code = Self.passing.first { words?.contains(Self(code: $0).description) ?? false } ?? 0
  }

  /// The system's words for it.
  public var description: String { String(cString: strerror(code)) }

  /// Whether the same operation may succeed later, by itself or once somebody has made room.
  public var mayPass: Bool { Self.passing.contains(code) }

  /// Whether a new process, perhaps on another host, may succeed without anybody doing anything.
  public var mayPassAfterRestart: Bool { mayPass && !Self.full.contains(code) }

  /// What to do about it.
  public var advice: String {
    Self.full.contains(code)
      ? "check the free disk space and the quota" : "check the file system and its folder"
  }

  /// There is no room: for the file system, for the user, or in a file of this process.
  private static let full = [ENOSPC, EDQUOT, EFBIG]

  /// What file systems report, those of a network above all, when they fail for a while.
  private static let passing =
    full + [
      EIO, ESTALE, EAGAIN, EBUSY, EINTR, ENOMEM, ENOLCK, EPROTO, EREMOTEIO, ETIMEDOUT, ENOTCONN,
      ESHUTDOWN, ECONNRESET, ECONNABORTED, EHOSTDOWN, EHOSTUNREACH, ENETDOWN, ENETUNREACH,
    ]
}
