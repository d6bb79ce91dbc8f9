import Foundation
import PACFiles
import PACHDF5
import PACTensors

/// Reads the samples of a dataset one by one.
///
/// Safe to use from several threads at once.
///
/// Opening checks the layout (docs/data-format.md) and loads names, sizes and splits, but no
/// pixels.
public final class DatasetReader: Sendable {
  /// The path as it was given.
  public let path: String
  /// Where the samples come from and what their numbers mean.
  public let description: DatasetDescription
  /// When it was written, in ISO 8601.
  public let created: String
  /// The fields every sample has.
  public let fields: Set<SceneField>
  /// The names of the samples, in order; like every text of the file safe to print and to use in
  /// file names (`shown`).
  public let names: [String]
  /// Positions of samples by name of the split.
  public let splits: [String: [Int]]
  /// The rows of the tallest sample; in a file of arrays every sample is padded to them.
  public let maximumHeight: Int
  /// The columns of the widest sample; in a file of arrays every sample is padded to them.
  public let maximumWidth: Int
  private let fieldStorage: [SceneField: FieldStorage]
  private let sizes: [Int]
  private let version: Int
  private let seal: DatasetSeal?

  /// Opens a dataset.
  ///
  /// First the checksum of everything but the pixels is verified, then the layout.
  /// - Throws: `HDF5Error` if the file cannot be read, `DataError` if it is damaged or holds
  ///   something else.
  public init(_ path: String) throws {
    seal = try DatasetSeal.openIfReadable(path)
    let root = try HDF5File(reading: path).root
    version = try Self.checkFormat(root, path)
    guard seal != nil || !root.hasAttribute(DatasetLayout.sealed) else {
      throw DataError(
        "\(path): damaged: the checksums at its end are missing; copy or create it again")
    }
    fieldStorage = try Self.openFields(root)
    guard let image = fieldStorage[.image] else { throw DataError("\(path): no images") }
    let count = image.count
    try Self.checkAgreement(fieldStorage, count: count, path)
    guard count > 0 else { throw DataError("\(path): no samples; prepare the dataset again") }
    self.path = path
    fields = Set(fieldStorage.keys)
    names = try Self.readNames(root, count: count)
    let sizes = try Self.readSizes(root, image)
    self.sizes = sizes
    if case .array(let dataset) = image {
      (maximumHeight, maximumWidth) = (dataset.shape[2], dataset.shape[3])
    } else {
      maximumHeight = (0..<count).reduce(0) { max($0, sizes[2 * $1]) }
      maximumWidth = (0..<count).reduce(0) { max($0, sizes[2 * $1 + 1]) }
    }
    splits = try Self.readSplits(root, count: count)
    description = try Self.readDescription(root, depth: fieldStorage[.depth]?.dataset)
    created = root.hasAttribute("created") ? shown(try root.string(attribute: "created")) : ""
  }

  /// Whether the file has checksums, as all files of `pac prepare` do.
  public var hasChecksums: Bool { seal != nil }

  /// The checksum of the whole file, equal for copies of it only (up to collisions); nil for a file
  /// without checksums.
  public var checksum: String? { seal?.fingerprint }

  /// Identifies the contents: equal for copies of a file, different (up to collisions of checksums)
  /// for other files.
  ///
  /// Without checksums in the file, pixels are not included.
  public var fingerprint: String {
    if let seal { return seal.fingerprint }
    var sum = CRC32()
    let splits = splits.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    sum.update(Array("\(names) \(sizes) \(splits) \(description) \(summary.fields)".utf8))
    return sum.hexadecimal
  }

  /// The number of samples.
  public var count: Int { names.count }

  /// What the depths mean.
  public var depthUnit: DepthUnit { description.depthUnit }

  /// The value that marks a missing depth; nil if every pixel has one.
  public var missingDepth: Float? { description.missingDepth }

  /// Positions of the samples of one split.
  ///
  /// `NAME_randN` is a fixed pseudorandom choice of N samples of NAME, in the order of NAME.
  /// - Throws: `DataError` if the split does not exist, is empty, or has fewer than N samples.
  public func split(_ name: String) throws(DataError) -> [Int] {
    if let indices = splits[name] {
      guard !indices.isEmpty else {
        throw DataError(
          "\(path): the split \(name) is empty; prepare the dataset with samples in it")
      }
      return indices
    }
    if let choice = try randomChoice(name) { return choice }
    let known = splits.keys.sorted().joined(separator: ", ")
    let advice = description.isPascalVOC ? PascalVOC.advice(onMissing: name) : nil
    throw DataError(
      "\(path): no split \(name); there is \(known.isEmpty ? "none" : known)"
        + (advice.map { "; \($0)" } ?? ""))
  }

  private func randomChoice(_ name: String) throws(DataError) -> [Int]? {
    guard let mark = name.range(of: "_rand", options: .backwards),
      let count = Int(name[mark.upperBound...]), splits[String(name[..<mark.lowerBound])] != nil
    else { return nil }
    let base = String(name[..<mark.lowerBound])
    let all = try split(base)
    guard (1...all.count).contains(count) else {
      throw DataError(
        "\(path): \(name) of the \(all.count) samples of \(base); choose 1 to \(all.count)")
    }
    var places = Array(all.indices)
    var random = CounterRandom(seed: 0, purpose: .order, item: count)
    random.shuffle(&places)
    return places.prefix(count).sorted().map { all[$0] }
  }

  /// The size of a sample without its padding.
  /// - Precondition: the sample exists.
  public func size(of index: Int) -> (height: Int, width: Int) {
    precondition(names.indices.contains(index), "sample \(index) of \(count)")
    return (sizes[2 * index], sizes[2 * index + 1])
  }

  /// Reads one sample without its padding, after verifying the checksums of the stored bytes.
  /// - Parameters:
  ///   - index: its position.
  ///   - wanted: the fields to read besides the image; nil: all there are.
  /// - Returns: the sample.
  /// - Throws: `DataError` if a wanted field is missing or the sample is damaged; `HDF5Error`.
  public func read(_ index: Int, fields wanted: Set<SceneField>? = nil) throws -> SceneSample {
    let wanted = (wanted ?? fields).union([.image])
    if let absent = SceneField.allCases.first(where: {
      wanted.contains($0) && fieldStorage[$0] == nil
    }) {
      throw DataError("\(path): holds no \(absent.rawValue); use a dataset that does")
    }
    let (height, width) = size(of: index)
    func bytes(_ field: SceneField) throws -> ByteImage? {
      wanted.contains(field) ? try self.bytes(field, of: index) : nil
    }
    func tensor(_ field: SceneField) throws -> Tensor? {
      guard wanted.contains(field) else { return nil }
      try verify(field, index)
      return try fieldStorage[field]?.tensor(field, index, height: height, width: width)
    }
    guard let image = try bytes(.image) else {
      throw DataError("\(path): sample \(names[index]) has no image; prepare the dataset again")
    }
    return SceneSample(
      name: names[index], image: image, depth: try tensor(.depth), flow: try tensor(.flow),
      labels: try bytes(.labels))
  }

  /// Reads the labels of one sample alone.
  /// - Returns: the labels; nil if the dataset has none.
  /// - Throws: `DataError` if they are damaged; `HDF5Error`.
  public func labels(of index: Int) throws -> ByteImage? { try bytes(.labels, of: index) }

  private func bytes(_ field: SceneField, of index: Int) throws -> ByteImage? {
    let (height, width) = size(of: index)
    try verify(field, index)
    return try fieldStorage[field]?.bytes(
      field, index, name: names[index], height: height, width: width)
  }

  /// Verifies the checksums of a sample's stored bytes before HDF5 decodes them.
  private func verify(_ field: SceneField, _ index: Int) throws {
    guard let seal, let storage = fieldStorage[field] else { return }
    let (height, width) = size(of: index)
    let block = storage.block(field, index, height: height, width: width)
    try DatasetSeal.naming("\(path), \(field.rawValue) of \(names[index])") {
      for start in storage.dataset.chunkStarts(meeting: block) {
        if let chunk = try storage.dataset.storedChunk(at: start) { try seal.verify(chunk) }
      }
    }
  }

  /// What slows reading down, and the command that mends it; nil if a chunk holds one sample.
  public var storageRemark: String? { DatasetLayout.remark(on: fieldStorage, path) }

  /// A summary of the dataset, as `pac inspect` prints it.
  public var summary: DatasetSummary {
    DatasetSummary(
      path: path, version: version, created: created, description: description,
      count: count,
      fields: SceneField.allCases.compactMap { field in
        fieldStorage[field].map {
          .init(field: field, shape: $0.dataset.shape, type: $0.dataset.elementType)
        }
      },
      splits: splits.mapValues(\.count), largestHeight: maximumHeight,
      largestWidth: maximumWidth,
      smallestHeight: names.indices.map { sizes[2 * $0] }.min() ?? 0,
      smallestWidth: names.indices.map { sizes[2 * $0 + 1] }.min() ?? 0,
      remarks: [storageRemark].compactMap { $0 })
  }
}

/// A summary of a dataset, as `pac inspect` prints it.
public struct DatasetSummary: Sendable, Equatable {
  /// One field.
  public struct Field: Sendable, Equatable {
    /// Which one.
    public let field: SceneField
    /// Its extents, `[N, C, H, W]`; one, the number of bytes, if it holds image files.
    public let shape: [Int]
    /// The type of its elements.
    public let type: HDF5ElementType

    /// Whether it holds the bytes of image files.
    public var isFiles: Bool { shape.count == 1 }
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
  /// The most rows of a sample.
  public let largestHeight: Int
  /// The most columns of a sample.
  public let largestWidth: Int
  /// The fewest rows of a sample.
  public let smallestHeight: Int
  /// The fewest columns of a sample.
  public let smallestWidth: Int
  /// What was counted while the dataset was prepared; nil if it was opened.
  public var survey: DatasetSurvey?
  /// What deserves a look, one line each: found while it was prepared, or in how it is stored.
  public var remarks: [String] = []
}
