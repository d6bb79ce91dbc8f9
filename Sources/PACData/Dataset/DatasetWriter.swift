import Foundation
import PACHDF5
import PACTensors

/// Writes a dataset sample by sample.
///
/// The file appears when it is finished, or not at all.
///
/// Only one sample is in memory at a time. Samples smaller than the maximum are padded at the right
/// and at the bottom. docs/data-format.md describes the layout.
public final class DatasetWriter {
  /// The fields every sample has.
  public let fields: Set<SceneField>
  private let maximumHeight: Int
  private let maximumWidth: Int
  private let datasets: [SceneField: HDF5Dataset]
  private var draft: DatasetDraft

  /// The path at which the dataset appears.
  public var path: String { draft.path }

  /// Begins a dataset under a temporary name in the folder of `path`.
  /// - Parameters:
  ///   - path: where to write the dataset; replaces an existing file.
  ///   - fields: what every sample has; the image is always written.
  ///   - maximumHeight: the rows of the tallest sample.
  ///   - maximumWidth: the columns of the widest sample.
  ///   - description: where the samples come from and what the numbers mean.
  ///   - compression: deflate level 1 to 9; 0 or nil: none.
  /// - Throws: `AtomicFile.Failure` if the folder cannot be written.
  public init(
    _ path: String, fields: Set<SceneField>, maximumHeight: Int, maximumWidth: Int,
    description: DatasetDescription, compression: Int? = nil
  ) throws {
    guard (0...9).contains(compression ?? 0) else {
      throw DataError("compression: \(compression ?? 0) is not a level; choose one from 0 to 9")
    }
    self.fields = fields.union([.image])
    self.maximumHeight = maximumHeight
    self.maximumWidth = maximumWidth
    draft = try DatasetDraft(path, description)
    var datasets: [SceneField: HDF5Dataset] = [:]
    for field in SceneField.allCases where self.fields.contains(field) {
      let extents = [field.channels, maximumHeight, maximumWidth]
      datasets[field] = try draft.file.root.createDataset(
        field.rawValue, field.elementType, shape: [0] + extents, maximumShape: [nil] + extents,
        chunk: [1] + extents, compression: compression)
    }
    self.datasets = datasets
  }

  /// The number of samples written so far.
  public var count: Int { draft.count }

  /// Writes one more sample.
  /// - Throws: `DataError`, naming the sample, if a field is missing or unexpected, or a size or
  ///   value is not usable; `HDF5Error` if it cannot be written.
  public func append(_ sample: SceneSample) throws {
    try validate(sample)
    let (height, width) = (sample.image.height, sample.image.width)
    for (field, dataset) in datasets {
      switch field {
      case .image: try write(sample.image.bytes, field, dataset, height, width, padding: 0)
      case .labels:
        guard let labels = sample.labels else { continue }
        let padding = SceneField.unlabelled
        try write(labels.bytes, field, dataset, height, width, padding: padding)
      case .depth, .flow:
        guard let tensor = field == .depth ? sample.depth : sample.flow else { continue }
        try write(tensor.elements, field, dataset, height, width, padding: 0)
      }
    }
    draft.add(sample.name, height: height, width: width)
    draft.survey.add(sample, missing: draft.description.missingDepth)
  }

  /// Writes names, sizes, splits and attributes, and moves the file to its path.
  /// - Parameter splits: positions of samples by name of the split, such as `train` and `test`.
  /// - Returns: a summary, with what the samples hold.
  /// - Throws: `DataError` if a split names a sample that does not exist, or one twice.
  @discardableResult
  public func finish(splits: [String: [Int]]) throws -> DatasetSummary {
    try writeAttributes()
    return try draft.finish(splits: splits, version: DatasetLayout.version)
  }

  private func writeAttributes() throws {
    for (field, dataset) in datasets {
      switch field {
      case .image: try dataset.setAttribute("channels", "rgb")
      case .depth:
        try dataset.setAttribute("unit", draft.description.depthUnit.rawValue)
        if let missing = draft.description.missingDepth {
          try dataset.setAttribute("missing_value", Double(missing))
        }
      case .flow:
        try dataset.setAttribute("unit", "pixel")
        try dataset.setAttribute("channels", "horizontal, vertical")
        try dataset.setAttribute("unknown_above", Double(SceneField.unknownFlowAbove))
      case .labels: try dataset.setAttribute("unlabelled", Int(SceneField.unlabelled))
      }
    }
  }

  private func write<T: HDF5Element>(
    _ elements: [T], _ field: SceneField, _ dataset: HDF5Dataset, _ height: Int, _ width: Int,
    padding: T
  ) throws {
    let extents = [field.channels, maximumHeight, maximumWidth]
    try dataset.resize(to: [count + 1] + extents)
    var block = elements
    if height < maximumHeight || width < maximumWidth {
      block = [T](repeating: padding, count: extents.reduce(1, *))
      for row in 0..<field.channels * height {
        let target = (row / height * maximumHeight + row % height) * maximumWidth
        block.replaceSubrange(
          target..<target + width, with: elements[row * width..<(row + 1) * width])
      }
    }
    try dataset.write(block, start: [count, 0, 0, 0], count: [1] + extents)
  }
}

// MARK: - Checks

extension DatasetWriter {
  private func validate(_ sample: SceneSample) throws {
    let (height, width) = (sample.image.height, sample.image.width)
    let place = "\(path), sample \(sample.name)"
    guard sample.image.channels == 3 else {
      throw DataError("\(place): the image has \(sample.image.channels) channels; give it 3")
    }
    guard height > 0, width > 0, height <= maximumHeight, width <= maximumWidth else {
      throw DataError(
        "\(place): \(height) × \(width) pixels (rows × columns) do not fit the maximum size "
          + "\(maximumHeight) × \(maximumWidth); begin the dataset with a larger one")
    }
    let shapes: [(SceneField, [Int]?)] = [
      (.depth, sample.depth?.shape.dimensions), (.flow, sample.flow?.shape.dimensions),
      (.labels, sample.labels.map { [1, $0.channels, $0.height, $0.width] }),
    ]
    for (field, shape) in shapes {
      guard (shape != nil) == fields.contains(field) else {
        throw DataError(
          "\(place): \(field.rawValue) is "
            + (shape == nil ? "missing" : "not a field of the dataset")
            + "; give every sample the same fields")
      }
      let expected = [1, field.channels, height, width]
      if let shape, shape != expected {
        throw DataError("\(place), \(field.rawValue): expected \(expected), found \(shape)")
      }
    }
    for tensor in [sample.depth, sample.flow] {
      guard tensor?.elements.allSatisfy({ $0.isFinite }) ?? true else {
        throw DataError("\(place): a depth or flow value is not finite; mark it as missing")
      }
    }
  }
}
