import PACImageFiles
import PACTensors

/// Reads depth maps from PNG, `.npy`, `.npz` and `.pfm` files.
struct DepthFile {
  let path: String

  /// The endings of the files that hold depth maps.
  static let endings: Set = ["png", "npy", "npz", "pfm"]

  /// The size, read from the file's header.
  func size() throws -> (height: Int, width: Int) {
    switch ending(path) {
    case "npy": return try plane(NumPyArray.shape(of: path))
    case "npz": return try plane(archived().shape)
    case "pfm": return try FloatMap.size(of: path)
    default: break
    }
    let header = try Raster.header(of: path)
    return (header.height, header.width)
  }

  /// Reads the depths, `[1, 1, H, W]`, multiplied by the scale of the options.
  ///
  /// With missing depth, 0, negative and non-finite values are returned as 0. Otherwise 0 is a depth
  /// and the others are errors.
  /// - Parameters:
  ///   - options: scale, unit, and whether depth may be missing.
  ///   - tally: counts the values that are no depth.
  /// - Returns: the depths.
  /// - Throws: `DataError` or `ImageFileError`, naming the file, if it is not a depth map, or
  ///   without a scale not one in the unit of the options.
  func read(_ options: PairsOptions, _ tally: inout DepthTally) throws -> Tensor {
    let (height, width) = try size()
    let counts = try counts()
    let (scale, hasMissing) = (options.depthScale ?? 1, options.hasMissingDepth)
    let shape = Shape(batch: 1, channels: 1, height: height, width: width)
    if !hasMissing, let wrong = counts.first(where: { !$0.isFinite || $0 < 0 }) {
      throw DataError(
        "\(path): \(wrong) is not a depth; treat such pixels as missing")
    }
    if options.depthScale == nil, options.depthUnit == .metre {
      try DepthUnits.requireMetres(counts, path)
    }
    tally.add(counts, path)
    return Tensor(shape, counts.map { $0.isFinite && $0 > 0 ? Float($0 * scale) : 0 })
  }

  private func counts() throws -> [Double] {
    switch ending(path) {
    case "npy": return try NumPyArray(contentsOf: path).elements
    case "npz": return try archived().elements
    case "pfm": return try FloatMap(contentsOf: path).elements.map(Double.init)
    default: break
    }
    let raster = try Raster(decoding: fileBytes(path), name: path, palette: .indices)
    guard raster.palette.isEmpty else { return try levels(raster) }
    if raster.channels == 1 { return raster.samples.map(Double.init) }
    let counts = stride(from: 0, to: raster.samples.count, by: 3).map { start in
      Array(raster.samples[start..<start + 3])
    }
    guard counts.allSatisfy({ $0[0] == $0[1] && $0[0] == $0[2] }) else {
      throw DataError("\(path): a colour image, not depth; give one grey channel")
    }
    return counts.map { Double($0[0]) }
  }

  /// The grey levels of a file with a palette.
  private func levels(_ raster: Raster) throws(DataError) -> [Double] {
    var levels: [Double] = []
    for index in raster.samples.map({ Int($0) }) {
      guard raster.palette.indices.contains(index),
        case let color = raster.palette[index], color.red == color.green, color.red == color.blue
      else {
        throw DataError("\(path): a palette of colours, not depth; give one grey channel")
      }
      levels.append(Double(color.red))
    }
    return levels
  }

  private func archived() throws -> NumPyArray {
    try NumPyArchive(path).array(named: "depth")
  }

  private func plane(_ shape: [Int]) throws -> (height: Int, width: Int) {
    switch shape.count {
    case 2: return (shape[0], shape[1])
    case 3 where shape[2] == 1: return (shape[0], shape[1])
    case 3 where shape[0] == 1: return (shape[1], shape[2])
    default: throw DataError("\(path): expected [H, W], [H, W, 1] or [1, H, W], found \(shape)")
    }
  }
}
