import Foundation
import PACData
import PACImageFiles
import PACTestSupport
import Testing

/// Depth in the files that people have it in.
@Suite struct DepthKindsTests {
  let folder: TemporaryFolder
  /// Two rows of three depths in metres, exact in float16; one is missing.
  private let metres: [Float] = [1.5, 2, 0, 2.25, 3.75, 3.5]

  init() throws {
    folder = try TemporaryFolder()
    try folder.write(
      Data(
        PNG.encode(
          Raster(width: 3, height: 2, channels: 3, samples: (0..<18).map { UInt16($0) }))),
      as: "rgb/a.png")
  }

  private func array(_ type: String, _ bytes: [UInt8]) -> [UInt8] {
    var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (2, 3), }"
    header += String(repeating: " ", count: 117 - header.utf8.count) + "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8)
      + bytes
  }

  private func bytes<T: FixedWidthInteger>(_ bits: [T]) -> [UInt8] {
    bits.flatMap { withUnsafeBytes(of: $0) { Array($0) } }
  }

  private func prepare() throws -> [Float] {
    try preparePairs(
      colors: folder("rgb"), depths: folder("depth"), to: folder("o.h5"),
      options: PairsOptions(depthUnit: .metre))
    return try DatasetReader(folder("o.h5")).read(0).depth?.elements ?? []
  }

  @Test func everyKindGivesTheSame() throws {
    let single = metres.map(\.bitPattern)
    let arrays: [[UInt8]] = [
      array("<f2", bytes(metres.map { Float16($0).bitPattern })),
      array(">f2", bytes(metres.map { Float16($0).bitPattern.bigEndian })),
      array("<f4", bytes(single)), array(">f4", bytes(single.map(\.bigEndian))),
      array("<f8", bytes(metres.map { Double($0).bitPattern })),
      array(">f8", bytes(metres.map { Double($0).bitPattern.bigEndian })),
    ]
    for array in arrays {
      try folder.write(Data(array), as: "depth/a.npy")
      #expect(try prepare() == metres)
    }
    try FileManager.default.removeItem(atPath: folder("depth/a.npy"))
    for isDeflated in [false, true] {
      var builder = ZipBuilder([("other.npy", arrays[2], nil), ("depth.npy", arrays[0], nil)])
      builder.isDeflated = isDeflated
      try folder.write(builder.data(), as: "depth/a.npz")
      #expect(try prepare() == metres)
    }
    try FileManager.default.removeItem(atPath: folder("depth/a.npz"))
    // Missing depth is infinite in Middlebury's files, which begin with the lowest row.
    let rows = (metres[3...] + metres[..<3]).map { $0 == 0 ? Float.infinity : $0 }
    try folder.write(
      Data("Pf\n3 2\n-1\n".utf8) + Data(bytes(rows.map(\.bitPattern))), as: "depth/a.pfm")
    #expect(try prepare() == metres)
    try folder.write(
      Data("Pf\n3 2\n1\n".utf8) + Data(bytes(rows.map(\.bitPattern.bigEndian))), as: "depth/a.pfm")
    #expect(try prepare() == metres)
  }

  /// Files that are there and cannot be used are named.
  @Test(arguments: [("tiff", "a.tiff"), ("exr", "a.exr"), ("mat", "a.MAT"), ("jpg", "a.jpg")])
  func otherKindsAreNamed(_ ending: String, _ file: String) throws {
    try folder.write(Data("x".utf8), as: "depth/\(file)")
    #expect(
      message { _ = try prepare() }
        == folder("depth")
        + ": no depth maps (.png, .npy, .npz, .pfm); found 1 .\(ending); convert "
        + "them, or name another folder")
    // Beside the depth of another image, too.
    try folder.write(Data(array("<f4", bytes(metres.map(\.bitPattern)))), as: "depth/b7.npy")
    try folder.write(Data("x".utf8), as: "rgb/c.png")
    let text = message { _ = try prepare() }
    #expect(text.hasSuffix("; not read in \(folder("depth")): 1 .\(ending)"), "\(text)")
  }
}
