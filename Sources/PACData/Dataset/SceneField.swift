import PACHDF5
import PACImageFiles

/// What a dataset can hold of each scene; the raw value is the name of the HDF5 dataset.
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
  /// The class number of pixels without label; labels are filled up with it beyond the extent of a sample.
  public static let unlabelled: UInt8 = 255

  /// Components of flow beyond this magnitude are unknown, in pixels.
  public static let unknownFlowAbove: Float = 1e7
}

/// What the numbers of a depth map mean.
public enum DepthUnit: String, Sendable, CaseIterable {
  /// Distances in metres.
  case metre
  /// Distances or disparities up to an unknown factor.
  case unitless = "none"
}

/// Where a dataset comes from and what its numbers mean.
public struct DatasetDescription: Sendable, Equatable {
  /// Where the samples come from: files, folders or the settings of a generator.
  public var source: String
  /// What it holds, for people.
  public var text: String
  /// The program that wrote it and its version, as `pac 1.0`.
  public var createdBy: String
  /// What the depths mean.
  public var depthUnit: DepthUnit
  /// The depth that stands for "not measured"; nil if every pixel was.
  public var missingDepth: Float?
  /// The published collection of which it is a part, see `PublishedCollection`; empty if it is of none.
  public var collection: String
  /// What the classes of the labels are called, from class 0 on; empty if that is not known.
  public var classNames: [String]
  /// The colours of class numbers in label images and pictures, from 0 on; by default `ClassColors.standard`.
  public var classColors: [PNG.Color]
  /// Where an evaluation server expects predictions; nil if there is none.
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

/// Collections with published results; the raw values are what dataset files call them.
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
  /// The version of files that hold image files.
  static let encodedVersion = 2
  static let className = "/class_name"
  static let classColor = "/class_color"
  static let submissionFolder = "submission_folder"
  static let submissionArchive = "submission_archive"
  static let name = "/name"
  static let size = "/size"
  static let splits = "/splits"
  /// The attribute that says that checksums follow the end of the HDF5 file.
  static let sealed = "checksums"
  /// What is written for unknown flow, as in the files of the Middlebury benchmark.
  static let unknownFlow: Float = 1e10
}
