import PACHDF5
import PACImageFiles

/// A field that a dataset can hold for each scene; the raw value is the name of the HDF5 dataset.
public enum SceneField: String, CaseIterable, Sendable {
  /// The colour image, which every dataset has.
  case image
  /// Depth or disparity.
  case depth
  /// Optical flow to the next image.
  case flow
  /// Class numbers.
  case labels

  /// The extent of the channel axis.
  public var channels: Int {
    switch self {
    case .image: 3
    case .depth, .labels: 1
    case .flow: 2
    }
  }

  /// The type of its elements in the file.
  public var elementType: HDF5ElementType {
    switch self {
    case .image, .labels: .uint8
    case .depth, .flow: .float32
    }
  }

  /// The path of its dataset in the file.
  var path: String { "/\(rawValue)" }

  /// Where each sample's bytes begin, if the field holds image files.
  var startPath: String { "\(path)_start" }
}

extension SceneField {
  /// The class number of unlabelled pixels; labels are padded with it.
  public static let unlabelled: UInt8 = 255

  /// Flow components of a larger magnitude, in pixels, are unknown.
  public static let unknownFlowAbove: Float = 1e7
}

/// The unit of a depth map.
public enum DepthUnit: String, Sendable, CaseIterable {
  /// Distances in metres.
  case metre
  /// Distances or disparities of unknown scale.
  case unitless = "none"
}

/// Where a dataset comes from and what its values mean.
public struct DatasetDescription: Sendable, Equatable {
  /// Where the samples come from: files, folders or the settings of a generator.
  public var source: String
  /// What it holds, in plain words.
  public var text: String
  /// The program that wrote it and its version, such as `pac 1.0`.
  public var createdBy: String
  /// What the depths mean.
  public var depthUnit: DepthUnit
  /// The value that marks a missing depth; nil if every pixel has one.
  public var missingDepth: Float?
  /// The published collection it is part of (see `PublishedCollection`); empty if none.
  public var collection: String
  /// The names of the label classes, starting at class 0; empty if unknown.
  public var classNames: [String]
  /// The colours of the classes in label images and pictures, starting at class 0.
  ///
  /// Default: `ClassColors.standard`.
  public var classColors: [PNG.Color]
  /// Where an evaluation server expects predictions; nil without one.
  public var submission: SubmissionLayout?

  /// Describes a dataset.
  public init(
    source: String, text: String = "", createdBy: String = "pac", depthUnit: DepthUnit = .unitless,
    missingDepth: Float? = 0, collection: String = "", classNames: [String] = [],
    classColors: [PNG.Color] = ClassColors.standard, submission: SubmissionLayout? = nil
  ) {
    self.source = source
    self.text = text
    self.createdBy = createdBy
    self.depthUnit = depthUnit
    self.missingDepth = missingDepth
    self.collection = collection
    self.classNames = classNames
    self.classColors = classColors
    self.submission = submission
  }
}

/// Collections with published results; the raw values are their names in dataset files.
public enum PublishedCollection: String, Sendable, CaseIterable {
  /// The labelled part of NYU Depth V2.
  case nyu = "NYU Depth V2"
  /// The training part of MPI-Sintel.
  case sintel = "MPI-Sintel"
}

/// Names and numbers of the file layout (docs/data-format.md).
enum DatasetLayout {
  static let format = "pac-dataset"
  /// The version of files whose fields are arrays.
  static let version = 1
  /// The version of files whose fields are encoded image files.
  static let encodedVersion = 2
  static let className = "/class_name"
  static let classColor = "/class_color"
  static let submissionFolder = "submission_folder"
  static let submissionArchive = "submission_archive"
  static let name = "/name"
  static let size = "/size"
  static let splits = "/splits"
  /// The attribute that announces checksums behind the end of the HDF5 data.
  static let sealed = "checksums"
  /// What is written for unknown flow, as in the files of the Middlebury benchmark.
  static let unknownFlow: Float = 1e10
}
