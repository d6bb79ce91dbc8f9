import Glibc
import PACFiles

/// Writes a new file sequentially.
final class FileSink {
  private let path: String
  private let descriptor: Int32
  /// The number of bytes written so far.
  private(set) var count = 0

  init(_ path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure("cannot create the file") }
  }

  deinit { close(descriptor) }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var done = 0
    while done < bytes.count {
      let written = Glibc.write(
        descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      if written < 0, errno == EINTR { continue }
      guard written >= 0 else { throw failure("cannot write the file") }
      done += written
    }
    count += bytes.count
  }

  func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  private func failure(_ problem: String) -> WeightFileError {
    WeightFileError(
      path, "\(problem) (\(String(cString: strerror(errno))))",
      advice: "check the folder and the free disk space")
  }
}

extension Array where Element == UInt8 {
  /// Appends a little-endian integer.
  mutating func append<T: FixedWidthInteger>(number: T) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }
}
