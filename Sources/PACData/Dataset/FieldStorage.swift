import PACHDF5
import PACImageFiles
import PACTensors

/// How a file holds one field of its samples.
enum FieldStorage: Sendable {
  /// An array [N, C, H, W], every sample padded to the largest.
  case array(HDF5Dataset)
  /// The concatenated bytes of PNG or JPEG files. Sample i has `starts[i] ..< starts[i + 1]`, an
  /// empty range if it lacks the field.
  case files(HDF5Dataset, starts: [Int])

  var dataset: HDF5Dataset {
    switch self {
    case .array(let dataset), .files(let dataset, _): dataset
    }
  }

  /// The number of samples.
  var count: Int {
    switch self {
    case .array(let dataset): dataset.shape[0]
    case .files(_, let starts): starts.count - 1
    }
  }

  /// The range of a sample along each axis of the dataset.
  func block(_ field: SceneField, _ index: Int, height: Int, width: Int) -> [Range<Int>] {
    switch self {
    case .array: [index..<index + 1, 0..<field.channels, 0..<height, 0..<width]
    case .files(_, let starts): [starts[index]..<starts[index + 1]]
    }
  }

  /// The values of a byte field, without padding; nil if the sample lacks it.
  /// - Throws: `DataError` or `ImageFileError` naming the sample, if its file is damaged or has
  ///   another size.
  func bytes(
    _ field: SceneField, _ index: Int, name: String, height: Int, width: Int
  ) throws -> ByteImage? {
    switch self {
    case .array(let dataset):
      return ByteImage(
        channels: field.channels, height: height, width: width,
        bytes: try dataset.read(
          UInt8.self, start: [index, 0, 0, 0], count: [1, field.channels, height, width]))
    case .files(let dataset, let starts):
      let range = starts[index]..<starts[index + 1]
      if range.isEmpty { return nil }
      let place = "\(dataset.filePath), \(field.rawValue) of \(name)"
      let raster = try Raster(
        decoding: try dataset.read(UInt8.self, start: [range.lowerBound], count: [range.count]),
        name: place, palette: field == .labels ? .indices : .colors)
      guard (raster.height, raster.width) == (height, width) else {
        throw DataError(
          "\(place): \(raster.height) × \(raster.width) pixels (rows × columns), but /size says "
            + "\(height) × \(width); prepare the dataset again")
      }
      return field == .labels
        ? try ByteImage(labelsOf: raster, name: place) : ByteImage(colorsOf: raster)
    }
  }

  /// The values of a float field, without padding.
  func tensor(_ field: SceneField, _ index: Int, height: Int, width: Int) throws -> Tensor {
    let count = [1, field.channels, height, width]
    return try Tensor(Shape(count)) {
      try dataset.read(into: $0, start: [index, 0, 0, 0], count: count)
    }
  }
}
