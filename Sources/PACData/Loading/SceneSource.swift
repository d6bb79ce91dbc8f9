/// One training or test case.
public protocol Sample: Sendable {
  /// The name of the scene or image.
  var name: String { get }
  /// The position of the scene or image in its dataset.
  var index: Int { get }
}

/// Turns scenes of a dataset into training and test samples.
public protocol SampleMaker: Sendable {
  /// The type of the samples.
  associatedtype Case: Sample

  /// The field that scenes must have besides their image.
  var field: SceneField { get }

  /// A training sample of a scene with random augmentation; equal for equal seed, epoch and index.
  /// - Parameters:
  ///   - scene: the scene.
  ///   - index: its position in the dataset.
  ///   - seed: the run's seed.
  ///   - epoch: the epoch.
  /// - Returns: the case.
  /// - Throws: `DataError`, naming the scene, if it is not usable.
  func trainingSample(
    of scene: SceneSample, index: Int, seed: UInt64, epoch: Int
  ) throws(DataError) -> Case

  /// The whole scene as a sample.
  /// - Parameters:
  ///   - scene: the scene.
  ///   - index: its position in the dataset.
  /// - Returns: the case.
  /// - Throws: `DataError`, naming the scene, if it is not usable.
  func evaluationSample(of scene: SceneSample, index: Int) throws(DataError) -> Case

  /// Checks that a scene is large enough.
  /// - Parameters:
  ///   - name: the scene's name, for messages.
  ///   - height: its rows.
  ///   - width: its columns.
  ///   - isCropped: whether it is for training.
  /// - Throws: `DataError` naming the scene if it is not.
  func checkSize(_ name: String, height: Int, width: Int, isCropped: Bool) throws(DataError)

  /// This maker, set up for what the dataset says about its values.
  func adapted(to reader: DatasetReader) -> Self
}

/// Samples of one split of a dataset, by position or prefetched in a rank's order.
public struct SceneSource<Maker: SampleMaker>: Sendable {
  /// The dataset.
  public let reader: DatasetReader
  /// The file and the split, for messages: `train.h5, split train`.
  public let name: String
  /// The positions of its samples in the dataset.
  public let indices: [Int]
  /// Turns scenes into samples.
  public let maker: Maker

  /// Makes a source.
  /// - Parameters:
  ///   - reader: the dataset, which also says what its values mean.
  ///   - split: the name of the split, for messages.
  ///   - indices: the positions of the split's samples in the dataset.
  ///   - maker: turns scenes into samples.
  /// - Throws: `DataError` if the split is empty, or the dataset lacks the field that the maker
  ///   needs.
  public init(
    _ reader: DatasetReader, split: String, indices: [Int], maker: Maker
  ) throws(DataError) {
    guard reader.fields.contains(maker.field) else {
      throw DataError("\(reader.path): holds no \(maker.field.rawValue); use a dataset that does")
    }
    name = "\(reader.path), split \(split)"
    guard !indices.isEmpty else {
      throw DataError("\(name): no samples; choose another split or prepare the dataset again")
    }
    self.reader = reader
    self.indices = indices
    self.maker = maker.adapted(to: reader)
  }

  /// The number of samples.
  public var count: Int { indices.count }

  /// The name of the sample at `position` of `indices`.
  public func sampleName(at position: Int) -> String { reader.names[indices[position]] }

  /// The sample at `position` of `indices` with random augmentation.
  /// - Throws: `DataError` if the sample is not usable, `HDF5Error` if it cannot be read.
  public func trainingSample(at position: Int, seed: UInt64, epoch: Int) throws -> Maker.Case {
    let index = indices[position]
    let scene = try reader.read(index, fields: [maker.field])
    return try placed { () throws(DataError) in
      try maker.trainingSample(of: scene, index: index, seed: seed, epoch: epoch)
    }
  }

  /// The whole sample at `position` of `indices`.
  /// - Throws: `DataError` if the sample is not usable, `HDF5Error` if it cannot be read.
  public func evaluationSample(at position: Int) throws -> Maker.Case {
    let index = indices[position]
    let scene = try reader.read(index, fields: [maker.field])
    return try placed { () throws(DataError) in
      try maker.evaluationSample(of: scene, index: index)
    }
  }

  /// Checks that every sample is large enough for the maker.
  public func checkSizes(isCropped: Bool) throws(DataError) {
    try placed { () throws(DataError) in
      for index in indices {
        let (height, width) = reader.size(of: index)
        try maker.checkSize(
          reader.names[index], height: height, width: width, isCropped: isCropped)
      }
    }
  }

  /// Adds the file's path to the message of an error.
  private func placed<R>(_ body: () throws(DataError) -> R) throws(DataError) -> R {
    do { return try body() } catch { throw DataError("\(reader.path), \(error.description)") }
  }
}
