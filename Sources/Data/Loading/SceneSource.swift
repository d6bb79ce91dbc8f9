/// Cases of joint upsampling from a part of a dataset, by position or read ahead in a rank's order.
public struct UpsamplingSource: SampleSource {
  /// The dataset.
  public let reader: DatasetReader
  /// What part of the dataset it is, for messages: `train.h5, split train`.
  public let name: String
  /// The positions in the dataset of the samples that belong to it.
  public let indices: [Int]
  /// Turns scenes into cases.
  public let maker: UpsamplingSampleMaker

  /// Makes a source.
  /// - Parameters:
  ///   - reader: the dataset; it also says which depth means "not measured".
  ///   - split: the name of the part, for messages.
  ///   - indices: the positions in the dataset that belong to the part.
  ///   - maker: turns scenes into cases.
  /// - Throws: `DataError` if the part is empty or the dataset does not hold what is to be upsampled.
  public init(
    _ reader: DatasetReader, split: String, indices: [Int], maker: UpsamplingSampleMaker
  ) throws(DataError) {
    guard reader.fields.contains(maker.target.field) else {
      throw DataError(
        "\(reader.path): holds no \(maker.target.rawValue); use a dataset that does")
    }
    name = "\(reader.path), split \(split)"
    guard !indices.isEmpty else {
      throw DataError("\(name): no samples; choose another split or prepare the dataset again")
    }
    var maker = maker
    maker.missingDepth = reader.missingDepth
    self.reader = reader
    self.indices = indices
    self.maker = maker
  }

  /// The number of samples.
  public var count: Int { indices.count }

  /// The name of the sample at `position` of `indices`.
  public func sampleName(at position: Int) -> String { reader.names[indices[position]] }

  /// The cropped and mirrored case of the sample at `position` of `indices`.
  /// - Throws: `DataError` if the sample is not usable, `HDF5Error` if it cannot be read.
  public func trainingSample(
    at position: Int, seed: UInt64, epoch: Int
  ) throws -> UpsamplingSample {
    let index = indices[position]
    let scene = try reader.read(index, fields: [maker.target.field])
    return try placed { () throws(DataError) in
      try maker.trainingSample(of: scene, index: index, seed: seed, epoch: epoch)
    }
  }

  /// The whole sample at `position` of `indices` as a case.
  /// - Throws: `DataError` if the sample is not usable, `HDF5Error` if it cannot be read.
  public func evaluationSample(at position: Int) throws -> UpsamplingSample {
    let index = indices[position]
    let scene = try reader.read(index, fields: [maker.target.field])
    return try placed { () throws(DataError) in
      try maker.evaluationSample(of: scene, index: index)
    }
  }

  /// Checks that every sample is larger than the crop, or than what the border takes away.
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

extension UpsamplingTarget {
  /// The field of a dataset that holds it.
  public var field: SceneField {
    switch self {
    case .depth: .depth
    case .flow: .flow
    }
  }
}
