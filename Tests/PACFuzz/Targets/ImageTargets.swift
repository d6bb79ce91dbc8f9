import PACImageFiles

extension FuzzTarget {
  static let png = FuzzTarget(
    name: "png",
    read: { input in
      let path = input.path()
      _ = try Raster(contentsOf: path)
      _ = try PNG.read(path, palette: .indices)
    },
    seeds: {
      let samples = (0..<3 * 9 * 7).map { UInt16($0 * 341 % 65_536) }
      let deep = Raster(width: 9, height: 7, channels: 3, bitDepth: 16, samples: samples)
      let grey = Raster(
        width: 9, height: 7, channels: 1, samples: samples.prefix(63).map { $0 & 255 })
      return [try sample("palette.png"), try PNG.encode(deep), try PNG.encode(grey)]
    }, repair: repairPNG)

  static let jpeg = FuzzTarget(
    name: "jpeg", read: { _ = try Raster(contentsOf: $0.path()) },
    seeds: { try ["baseline.jpg", "progressive.jpg", "grey.jpg"].map(sample) })

  static let matlab = FuzzTarget(
    name: "matlab",
    read: { input in
      _ = try MATLABFile.readMatrix(input.path(), variable: "GTcls", field: "Segmentation")
    }, seeds: { try ["gtcls.mat", "gtcls_compressed.mat"].map(sample) })

  static let numpy = FuzzTarget(
    name: "npy", read: { _ = try NumPyArray(contentsOf: $0.path()) },
    seeds: {
      [[2, 3], [1, 2, 2, 3], []].map { shape in
        numpyFile("<f4", shape, [UInt8](repeating: 63, count: 4 * shape.reduce(1, *)))
      } + [numpyFile("|u1", [3], [1, 2, 3]), numpyFile(">i2", [2], [0, 1, 0, 2])]
    })

  static let numpyArchive = FuzzTarget(
    name: "npz", read: { _ = try NumPyArchive($0.path()).array(named: "depth") }, seeds: { [] },
    repair: repairZip)

  /// Grey as depth is, or of three channels as flow is.
  static let floatMap = FuzzTarget(
    name: "pfm",
    read: { input in
      let isColored = input.bytes.starts(with: "PF".utf8)
      _ = try FloatMap(contentsOf: input.path(), channels: isColored ? 3 : 1)
    },
    seeds: {
      [("Pf", 1), ("PF", 3)].map { kind, channels in
        Array("\(kind)\n3 2\n-1.0\n".utf8) + [UInt8](repeating: 63, count: 24 * channels)
      }
    })

  static let flow = FuzzTarget(
    name: "flo", read: { _ = try FlowField(contentsOf: $0.path()) },
    seeds: { [Array("PIEH".utf8) + [2, 0, 0, 0, 1, 0, 0, 0] + [UInt8](repeating: 63, count: 16)] })

  private static func sample(_ name: String) throws -> [UInt8] {
    try fixture("Tests/PACDamagedFilesTests/Samples/\(name)")
  }

  private static func numpyFile(_ type: String, _ shape: [Int], _ data: [UInt8]) -> [UInt8] {
    let extents = shape.map { "\($0)," }.joined(separator: " ")
    let text = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(extents)), }"
    let header =
      Array(text.utf8) + [UInt8](repeating: 32, count: 117 - text.utf8.count) + [10]
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count), 0] + header + data
  }
}
