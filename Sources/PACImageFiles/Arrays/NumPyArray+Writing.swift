import Foundation

extension NumPyArray {
  /// Writes an array of floats as a `.npy` file, version 1.0 of the format, little-endian and
  /// row-major.
  /// - Parameters:
  ///   - elements: the elements in row-major order.
  ///   - shape: the extents, outermost first.
  ///   - path: the file.
  /// - Throws: `ImageFileError` if it cannot be written.
  /// - Precondition: as many elements as the shape holds.
  public static func write(_ elements: [Float], shape: [Int], to path: String) throws {
    precondition(elements.count == shape.reduce(1, *), "\(elements.count) elements for \(shape)")
    // A tuple of one element needs its comma.
    let extents = shape.map { "\($0)," }.joined(separator: " ")
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(extents)), }"
    // Magic, version and length take 10 bytes; the elements begin at a multiple of 64.
    let length = (10 + text.utf8.count + 1 + 63) / 64 * 64 - 10
    var data = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
    data.append(contentsOf: [UInt8(length & 255), UInt8(length >> 8)])
    data.append(Data(text.utf8))
    data.append(Data(repeating: UInt8(ascii: " "), count: length - text.utf8.count - 1))
    data.append(UInt8(ascii: "\n"))
    elements.withUnsafeBytes { data.append(contentsOf: $0) }
    do {
      try data.write(to: URL(fileURLWithPath: path))
    } catch {
      throw ImageFileError(
        file: path, problem: "cannot write the file",
        advice: "check the folder and the free disk space")
    }
  }
}
