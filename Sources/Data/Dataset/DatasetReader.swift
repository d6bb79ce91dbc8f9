import HDF5
import Tensors

/// Reads the samples of a dataset one by one; may be used by several threads at once.
///
/// The layout, described in docs/data-format.md, is checked on opening; names, sizes and splits are then in
/// memory, pixels are not.
public final class DatasetReader: Sendable {
  /// The path as it was given.
  public let path: String
  /// Where the samples come from and what their numbers mean.
  public let description: DatasetDescription
  /// When it was written, in ISO 8601.
  public let created: String
  /// The fields every sample has.
  public let fields: Set<SceneField>
  /// The names of the samples, in order.
  public let names: [String]
  /// Positions of samples by name of the split.
  public let splits: [String: [Int]]
  /// The rows of every stored sample; those beyond its own size are filled up.
  public let maximumHeight: Int
  /// The columns of every stored sample; those beyond its own size are filled up.
  public let maximumWidth: Int
  private let datasets: [SceneField: HDF5Dataset]
  private let sizes: [Int]

  /// Opens a dataset and checks its layout.
  /// - Throws: `HDF5Error` if the file cannot be read, `DataError` if it holds something else.
  public init(_ path: String) throws {
    let root = try HDF5File(reading: path).root
    try Self.checkFormat(root, path)
    datasets = try Self.openFields(root)
    guard let shape = datasets[.image]?.shape else { throw DataError("\(path): no images") }
    (maximumHeight, maximumWidth) = (shape[2], shape[3])
    let count = shape[0]
    for dataset in datasets.values {
      guard dataset.shape[0] == count, dataset.shape[2...] == shape[2...] else {
        throw DataError(
          "\(path), \(dataset.path): shape \(dataset.shape) does not fit that of /image, \(shape); "
            + "prepare the dataset again")
      }
    }
    guard count > 0 else { throw DataError("\(path): no samples; prepare the dataset again") }
    self.path = path
    fields = Set(datasets.keys)
    names = try Self.readNames(root, count: count)
    sizes = try Self.readSizes(root, shape)
    splits = try Self.readSplits(root, count: count)
    description = try Self.readDescription(root, depth: datasets[.depth])
    created = root.hasAttribute("created") ? try root.string(attribute: "created") : ""
  }

  /// The number of samples.
  public var count: Int { names.count }

  /// What the depths mean.
  public var depthUnit: DepthUnit { description.depthUnit }

  /// The depth that stands for "not measured"; nil if every pixel was.
  public var missingDepth: Float? { description.missingDepth }

  /// Positions of the samples of one split.
  /// - Throws: `DataError` if there is no such split or it is empty.
  public func split(_ name: String) throws(DataError) -> [Int] {
    guard let indices = splits[name] else {
      let known = splits.keys.sorted().joined(separator: ", ")
      throw DataError("\(path): no split \(name); there is \(known.isEmpty ? "none" : known)")
    }
    guard !indices.isEmpty else {
      throw DataError("\(path): the split \(name) is empty; prepare the dataset with some for it")
    }
    return indices
  }

  /// The extent of a sample without what fills it up.
  /// - Precondition: the sample exists.
  public func size(of index: Int) -> (height: Int, width: Int) {
    precondition(names.indices.contains(index), "sample \(index) of \(count)")
    return (sizes[2 * index], sizes[2 * index + 1])
  }

  /// Reads one sample, cut to its size.
  /// - Parameters:
  ///   - index: its position.
  ///   - wanted: the fields to read besides the image; nil: all there are.
  /// - Returns: the sample.
  /// - Throws: `DataError` if a wanted field is not there, `HDF5Error` if the file is damaged.
  public func read(_ index: Int, fields wanted: Set<SceneField>? = nil) throws -> SceneSample {
    let wanted = (wanted ?? fields).union([.image])
    if let absent = SceneField.allCases.first(where: { wanted.contains($0) && datasets[$0] == nil })
    {
      throw DataError("\(path): holds no \(absent.rawValue); use a dataset that does")
    }
    func bytes(_ field: SceneField) throws -> ByteImage? {
      guard wanted.contains(field), let dataset = datasets[field] else { return nil }
      let (start, count) = block(field, index)
      return ByteImage(
        channels: count[1], height: count[2], width: count[3],
        bytes: try dataset.read(UInt8.self, start: start, count: count))
    }
    func tensor(_ field: SceneField) throws -> Tensor? {
      guard wanted.contains(field), let dataset = datasets[field] else { return nil }
      let (start, count) = block(field, index)
      return try Tensor(Shape(count)) { try dataset.read(into: $0, start: start, count: count) }
    }
    guard let image = try bytes(.image) else { throw DataError("\(path): no images") }
    return SceneSample(
      name: names[index], image: image, depth: try tensor(.depth), flow: try tensor(.flow),
      labels: try bytes(.labels))
  }

  private func block(_ field: SceneField, _ index: Int) -> (start: [Int], count: [Int]) {
    let (height, width) = size(of: index)
    return ([index, 0, 0, 0], [1, field.channels, height, width])
  }

  /// What people want to know about the dataset.
  public var summary: DatasetSummary {
    DatasetSummary(
      path: path, version: DatasetLayout.version, created: created, description: description,
      count: count,
      fields: SceneField.allCases.compactMap { field in
        datasets[field].map { .init(field: field, shape: $0.shape, type: $0.elementType) }
      },
      splits: splits.mapValues(\.count),
      smallestHeight: names.indices.map { sizes[2 * $0] }.min() ?? 0,
      smallestWidth: names.indices.map { sizes[2 * $0 + 1] }.min() ?? 0)
  }
}

/// What people want to know about a dataset.
public struct DatasetSummary: Sendable, Equatable {
  /// One field.
  public struct Field: Sendable, Equatable {
    /// Which one.
    public let field: SceneField
    /// Its extents, `[N, C, H, W]`.
    public let shape: [Int]
    /// The type of its elements.
    public let type: HDF5ElementType
  }

  /// The path of the file.
  public let path: String
  /// The version of the layout.
  public let version: Int
  /// When it was written, in ISO 8601.
  public let created: String
  /// Where the samples come from and what their numbers mean.
  public let description: DatasetDescription
  /// The number of samples.
  public let count: Int
  /// The fields, the image first.
  public let fields: [Field]
  /// The number of samples in each split.
  public let splits: [String: Int]
  /// The fewest rows of a sample.
  public let smallestHeight: Int
  /// The fewest columns of a sample.
  public let smallestWidth: Int
}
