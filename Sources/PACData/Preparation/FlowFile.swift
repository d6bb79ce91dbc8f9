import PACImageFiles
import PACTensors

/// Reads optical flow from `.flo`, `.pfm` and the 16-bit PNG files of KITTI.
///
/// In KITTI's files (Menze & Geiger, *Object Scene Flow for Autonomous Vehicles*, CVPR 2015) red and
/// green are `64 · displacement + 2¹⁵`, and blue is 0 where nothing was measured. In `.pfm`, as in
/// FlyingThings3D, the first two of three channels are the displacements.
struct FlowFile {
  let path: String

  /// The endings of the files that hold flow.
  static let endings: Set = ["flo", "png", "pfm"]

  /// The size, read from the file's header.
  func size() throws -> (height: Int, width: Int) {
    switch ending(path) {
    case "flo": return try FlowField.size(of: path)
    case "pfm": return try FloatMap.size(of: path, channels: 3)
    default:
      let header = try Raster.header(of: path)
      try requireVectors(header)
      return (header.height, header.width)
    }
  }

  /// Reads the flow, `[1, 2, H, W]`; what is not known or not finite becomes unknown.
  /// - Throws: `DataError` or `ImageFileError`, naming the file, if it does not hold flow.
  func read() throws -> Tensor {
    switch ending(path) {
    case "flo": return try FlowField(contentsOf: path).tensor()
    case "pfm":
      let map = try FloatMap(contentsOf: path, channels: 3)
      return planes(map.width, map.height) { pixel in
        (map.elements[3 * pixel], map.elements[3 * pixel + 1])
      }
    default: return try vectors(of: Raster(decoding: fileBytes(path), name: path))
    }
  }

  private func vectors(of raster: Raster) throws(DataError) -> Tensor {
    try requireVectors(raster.header)
    return planes(raster.width, raster.height) { pixel in
      guard raster.samples[3 * pixel + 2] != 0 else { return nil }
      func part(_ channel: Int) -> Float {
        (Float(raster.samples[3 * pixel + channel]) - 32768) / 64
      }
      return (part(0), part(1))
    }
  }

  private func planes(
    _ width: Int, _ height: Int, _ vector: (_ pixel: Int) -> (Float, Float)?
  ) -> Tensor {
    let pixels = width * height
    var components = [Float](repeating: .nan, count: 2 * pixels)
    for pixel in 0..<pixels {
      guard let (x, y) = vector(pixel) else { continue }
      components[pixel] = x
      components[pixels + pixel] = y
    }
    return FlowField(width: width, height: height, components: components).tensor()
  }

  private func requireVectors(_ header: Raster.Header) throws(DataError) {
    guard header.channels == 3, header.bitDepth == 16 else {
      throw DataError(
        "\(path): a PNG file of \(header.channels) channels of \(header.bitDepth) bits, not flow; "
          + "KITTI's has three of 16 bits; pictures of flow in colours cannot be read back")
    }
    guard header.orientation == .upright else {
      throw DataError(
        "\(path): flow with an EXIF orientation, which would turn the pixels but not the vectors; "
          + "remove it")
    }
  }
}

extension FlowField {
  /// The field as a dataset holds it, `[1, 2, H, W]`; vectors that are not finite
  /// are unknown.
  func tensor() -> Tensor {
    let pixels = width * height
    var components = components
    for pixel in 0..<pixels
    where !(components[pixel].isFinite && components[pixels + pixel].isFinite) {
      components[pixel] = DatasetLayout.unknownFlow
      components[pixels + pixel] = DatasetLayout.unknownFlow
    }
    return Tensor(Shape(batch: 1, channels: 2, height: height, width: width), components)
  }
}
