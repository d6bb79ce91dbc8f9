import Glibc
import PACFiles

/// Owns a C stream of a file or of memory, and closes it once.
final class OpenFile {
  /// The path of the file, or the name of the memory in errors.
  let path: String
  private var stream: UnsafeMutablePointer<FILE>?
  /// The memory of a stream over memory; it must not move.
  private var memory: UnsafeMutablePointer<CChar>?
  private let written: UnsafeMutablePointer<WrittenMemory>?

  private struct WrittenMemory {
    var start: UnsafeMutablePointer<CChar>?
    var count = 0
  }

  /// Opens a stream that reads from bytes.
  init(reading bytes: [UInt8], name: String) throws {
    path = name
    written = nil
    guard !bytes.isEmpty else {
      throw ImageFileError(file: name, problem: "the file is empty", advice: "replace the file")
    }
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    for (i, byte) in bytes.enumerated() { copy[i] = CChar(bitPattern: byte) }
    memory = copy
    stream = fmemopen(copy, bytes.count, "rb")
    guard stream != nil else { throw writeError() }
  }

  /// Opens a stream that writes to memory, see `takeBytes`.
  init(writingToMemoryFor name: String) throws {
    path = name
    let written = UnsafeMutablePointer<WrittenMemory>.allocate(capacity: 1)
    written.initialize(to: WrittenMemory())
    self.written = written
    stream = open_memstream(&written.pointee.start, &written.pointee.count)
    guard stream != nil else { throw writeError() }
  }

  /// Finishes writing to memory.
  /// - Returns: everything that was written.
  func takeBytes() throws -> [UInt8] {
    try close()
    guard let written, let start = written.pointee.start else { return [] }
    return UnsafeBufferPointer(start: start, count: written.pointee.count).map {
      UInt8(bitPattern: $0)
    }
  }

  init(reading path: String) throws {
    self.path = path
    written = nil
    do throws(InputFile.Problem) {
      try InputFile.check(path)
    } catch {
      throw ImageFileError(
        file: path, problem: error.problem, cause: error.cause, advice: error.advice)
    }
    stream = fopen(path, "rbe")
    guard stream != nil else {
      throw ImageFileError(
        file: path, problem: "cannot open the file", cause: String(cString: strerror(errno)),
        advice: "check the path")
    }
  }

  init(writing path: String) throws {
    self.path = path
    written = nil
    stream = fopen(path, "wbe")
    guard stream != nil else {
      throw ImageFileError(
        file: path, problem: "cannot create the file", cause: String(cString: strerror(errno)),
        advice: "check the folder")
    }
  }

  /// The stream; valid as long as this object lives and is not closed.
  func withStream<R>(_ body: (UnsafeMutablePointer<FILE>) throws -> R) rethrows -> R {
    guard let stream else { preconditionFailure("\(path) is closed") }
    return try withExtendedLifetime(self) { try body(stream) }
  }

  /// The size of the file.
  var size: Int {
    withStream { stream in
      // Not fstat, because the stream may read from memory.
      let place = ftell(stream)
      defer { fseek(stream, place, SEEK_SET) }
      return fseek(stream, 0, SEEK_END) == 0 ? ftell(stream) : 0
    }
  }

  /// Reads up to `count` bytes from the beginning.
  func firstBytes(_ count: Int) -> [UInt8] {
    withStream { stream in
      [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        rewind(stream)
        initialized = fread(buffer.baseAddress, 1, count, stream)
      }
    }
  }

  /// Reads everything from the beginning.
  func allBytes() -> [UInt8] {
    withStream { stream in
      rewind(stream)
      var bytes: [UInt8] = []
      var block = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = fread(&block, 1, block.count, stream)
        if count == 0 { return bytes }
        bytes += block[..<count]
      }
    }
  }

  /// Closes a written file; throws if not all of it could be written.
  func close() throws {
    guard let stream else { return }
    self.stream = nil
    guard fclose(stream) == 0 else { throw writeError() }
  }

  func writeError() -> ImageFileError {
    ImageFileError(
      file: path, problem: "cannot write the file", cause: String(cString: strerror(errno)),
      advice: "check the free disk space and the quota")
  }

  deinit {
    if let stream { fclose(stream) }
    memory?.deallocate()
    if let written {
      free(written.pointee.start)
      written.deallocate()
    }
  }
}
