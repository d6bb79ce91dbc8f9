/// Cases of semantic segmentation from a part of a dataset.
public struct SegmentationSource: SampleSource {
  /// The dataset.
  public let reader: DatasetReader
  /// What part of the dataset it is, for messages: `voc.h5, split train_aug`.
  public let name: String
  /// The positions in the dataset of the samples that belong to it.
  public let indices: [Int]
  /// Turns scenes into cases.
  public let maker: SegmentationSampleMaker

  /// Makes a source.
  /// - Throws: `DataError` if the part is empty or the dataset holds no labels.
  public init(
    _ reader: DatasetReader, split: String, indices: [Int], maker: SegmentationSampleMaker
  ) throws(DataError) {
    guard reader.fields.contains(.labels) else {
      throw DataError("\(reader.path): holds no labels; use a dataset that does")
    }
    name = "\(reader.path), split \(split)"
    guard !indices.isEmpty else {
      throw DataError("\(name): no samples; choose another split or prepare the dataset again")
    }
    self.reader = reader
    self.indices = indices
    self.maker = maker
  }

  /// The number of samples.
  public var count: Int { indices.count }

  /// The name of the sample at `position` of `indices`.
  public func sampleName(at position: Int) -> String { reader.names[indices[position]] }

  /// The changed and cropped case of the sample at `position` of `indices`.
  public func trainingSample(
    at position: Int, seed: UInt64, epoch: Int
  ) throws -> SegmentationSample {
    let index = indices[position]
    let scene = try reader.read(index, fields: [.labels])
    return try placed { () throws(DataError) in
      try maker.trainingSample(of: scene, index: index, seed: seed, epoch: epoch)
    }
  }

  /// The whole sample at `position` of `indices`, or its middle.
  public func evaluationSample(at position: Int) throws -> SegmentationSample {
    let index = indices[position]
    let scene = try reader.read(index, fields: [.labels])
    return try placed { () throws(DataError) in
      try maker.evaluationSample(of: scene, index: index)
    }
  }

  /// Every size will do: smaller images are filled up.
  public func checkSizes(isCropped: Bool) throws(DataError) {}

  /// Adds the file's path to the message of an error.
  private func placed<R>(_ body: () throws(DataError) -> R) throws(DataError) -> R {
    do { return try body() } catch { throw DataError("\(reader.path), \(error.description)") }
  }
}
