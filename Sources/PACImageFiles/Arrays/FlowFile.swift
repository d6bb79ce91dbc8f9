import Glibc

/// An optical flow field in the `.flo` format of the Middlebury benchmark and MPI-Sintel.
///
/// The file is little-endian: 202021.25 as Float, width and height as Int32, then the horizontal
/// and vertical displacement of every pixel as Float, row by row from the top. Format: D.
/// Scharstein's description beside Baker et al., *A Database and Evaluation Methodology for Optical
/// Flow*, IJCV 2011.
public struct FlowField: Sendable, Equatable {
  /// The number of columns.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// The displacements in pixels, channel-first: all horizontal, then all vertical ones.
  public let components: [Float]

  /// Makes a field from channel-first components.
  /// - Precondition: `2 * width * height` components.
  public init(width: Int, height: Int, components: [Float]) {
    precondition(
      components.count == 2 * width * height,
      "\(components.count) components for \(width) × \(height) vectors")
    self.width = width
    self.height = height
    self.components = components
  }

  /// The number at the start of every file; as characters it reads PIEH.
  private static let tag: Float = 202021.25
  private static let headerBytes = 12
  /// The largest width or height that the format's own programs accept.
  private static let largestExtent = 99_999

  /// Reads a `.flo` file, whose size must be exactly what its header states.
  /// - Throws: `ImageFileError` naming the file and what is wrong with it.
  public init(contentsOf path: String) throws {
    let file = try OpenFile(reading: path)
    let (height, width) = try Self.size(file)
    let pixels = width * height
    var stored = [Float](repeating: 0, count: 2 * pixels)
    let count = file.withStream { stream in
      fseek(stream, Self.headerBytes, SEEK_SET)
      return stored.withUnsafeMutableBytes { fread($0.baseAddress, 4, 2 * pixels, stream) }
    }
    guard count == stored.count else {
      throw ImageFileError.damaged(path, "the vectors cannot be read")
    }
    let native = { (value: Float) in Float(bitPattern: UInt32(littleEndian: value.bitPattern)) }
    let components = (0..<2).flatMap { channel in
      (0..<pixels).map { native(stored[2 * $0 + channel]) }
    }
    self.init(width: width, height: height, components: components)
  }

  /// Reads only the width and height, and checks them against the size of the file.
  public static func size(of path: String) throws -> (height: Int, width: Int) {
    try size(OpenFile(reading: path))
  }

  private static func size(_ file: OpenFile) throws -> (height: Int, width: Int) {
    let head = file.firstBytes(headerBytes)
    let words = stride(from: 0, to: head.count - 3, by: 4).map { start in
      (0..<4).reduce(UInt32(0)) { $0 | UInt32(head[start + $1]) << (8 * $1) }
    }
    guard let first = words.first, Float(bitPattern: first) == tag else {
      throw ImageFileError(
        file: file.path, problem: head.isEmpty ? "the file is empty" : "not a .flo file",
        advice: "give optical flow that begins with the number 202021.25")
    }
    guard words.count == 3 else { throw ImageFileError.damaged(file.path, "the header is cut") }
    let (width, height) = (Int(Int32(bitPattern: words[1])), Int(Int32(bitPattern: words[2])))
    let extents = 1...largestExtent
    guard extents.contains(width), extents.contains(height) else {
      throw ImageFileError.damaged(file.path, "\(width) × \(height) vectors")
    }
    let expected = headerBytes + 8 * width * height
    let found = file.withStream { stream in
      fseek(stream, 0, SEEK_END)
      return ftell(stream)
    }
    guard found == expected else {
      throw ImageFileError.damaged(
        file.path, "\(expected) bytes expected of \(width) × \(height) vectors, \(found) found")
    }
    return (height, width)
  }

  /// Writes a `.flo` file; an incomplete file is removed.
  /// - Throws: `ImageFileError` if it cannot be written.
  public func write(to path: String) throws {
    let pixels = width * height
    var words = [Self.tag.bitPattern, UInt32(width), UInt32(height)]
    words.reserveCapacity(3 + 2 * pixels)
    for pixel in 0..<pixels {
      words.append(components[pixel].bitPattern)
      words.append(components[pixels + pixel].bitPattern)
    }
    for index in words.indices { words[index] = words[index].littleEndian }
    let file = try OpenFile(writing: path)
    do {
      let count = file.withStream { stream in
        words.withUnsafeBytes { fwrite($0.baseAddress, 4, words.count, stream) }
      }
      guard count == words.count else { throw file.writeError() }
      try file.close()
    } catch {
      unlink(path)
      throw error
    }
  }
}
