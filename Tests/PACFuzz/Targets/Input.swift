import Foundation

/// The bytes of one run, as memory and as a file.
struct Input {
  /// The bytes.
  let bytes: UnsafeRawBufferPointer
  /// The path of the file that `path()` writes, the same in each run.
  private static let file = "\(folder)/input-\(getpid())"

  private static let folder =
    ProcessInfo.processInfo.environment["PAC_FUZZ_FOLDER"] ?? NSTemporaryDirectory()

  /// Writes the bytes, followed by `trailer`, to a file.
  /// - Returns: its path.
  func path(trailer: [UInt8] = []) -> String {
    let descriptor = open(Self.file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0, write(descriptor, bytes.baseAddress, bytes.count) == bytes.count,
      write(descriptor, trailer, trailer.count) == trailer.count, close(descriptor) == 0
    else { fatalError("cannot write \(Self.file): \(String(cString: strerror(errno)))") }
    return Self.file
  }
}

extension Input {
  /// What must hold for every refusal: one line of bounded length, whatever the file contains.
  static func check(_ error: any Error) {
    let text = "\(error)"
    let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 }
    // Not `precondition`, whose words a release build leaves out.
    if text.isEmpty { fatalError("a refusal without words") }
    if text.utf8.count > 4096 { fatalError("a refusal of \(text.utf8.count) bytes") }
    if !isPlain || text.contains(where: \.isNewline) {
      fatalError("a refusal that is not one line of plain text: \(text.debugDescription)")
    }
  }
}
