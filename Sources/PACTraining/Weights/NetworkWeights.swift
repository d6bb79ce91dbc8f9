import Foundation
import PACHDF5
import PACTensors
import PACWeightFiles

/// A network's parameters by name, in a file of any format: a checkpoint, weights without a run (`.h5`), PyTorch's
/// `.pth` in both formats, `.safetensors`.
///
/// Opening checks the file and lists names and shapes; a tensor's elements are read when it is asked for, so that no more
/// memory is used than the network needs.
public struct NetworkWeights {
  /// The attribute `format` of the root of an HDF5 file of weights without a run.
  public static let format = HDF5Weights.format

  /// A tensor in the file.
  public struct Entry: Sendable {
    /// Its name.
    public let name: String
    /// Its extents.
    public let shape: Shape
    /// What its elements are in the file, such as `float32`.
    public let type: String
  }

  /// The file; in a run folder its newest checkpoint.
  public let path: String
  /// What the file is, such as `checkpoint` or `safetensors`.
  public let kind: String
  /// The network that the file says it belongs to; files of other programs say nothing.
  public let network: NetworkLabel?
  /// The tensors of floating-point numbers, in the order of the file.
  public let entries: [Entry]
  /// What was chosen or left out, for people.
  public let notes: [String]

  private let contents: Contents

  private enum Contents {
    case hdf5(HDF5Group)
    case other(WeightFile, [String: WeightFile.Entry])
  }

  /// Opens a file, told from the others by its first bytes, or the newest good checkpoint of a run folder.
  /// - Throws: `TrainingError` or `WeightFileError`: no weights, damaged, not accessible.
  public init(reading path: String) throws {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    if exists, isFolder.boolValue {
      let store = CheckpointStore(folder: "\(path)/checkpoints")
      guard let recovery = try store.latestGood() else {
        throw TrainingError.runFolder(
          path: path, problem: "holds no checkpoint; name a checkpoint or another run folder")
      }
      try self.init(hdf5: recovery.path)
    } else if HDF5File.recognizes(path) {
      try self.init(hdf5: path)
    } else {
      self.init(try WeightFile(reading: path))
    }
  }

  private init(hdf5 path: String) throws {
    let file = try HDF5Weights(reading: path)
    self.path = path
    kind = file.kind
    network = file.network
    entries = file.shapes.map { Entry(name: $0.name, shape: $0.shape, type: "float32") }
    notes = []
    contents = .hdf5(file.parameters)
  }

  private init(_ file: WeightFile) {
    path = file.path
    kind = file.format.name
    network = NetworkLabel(file.metadata)
    let (weights, others) = (
      file.entries.filter(\.type.isFloatingPoint), file.entries.filter { !$0.type.isFloatingPoint }
    )
    entries = weights.map { Entry(name: $0.name, shape: Shape($0.shape), type: $0.type.rawValue) }
    let left = others.map { "\($0.name) (\($0.type.rawValue))" }
    notes =
      file.notes + (left.isEmpty ? [] : ["left out, no weights: \(left.joined(separator: ", "))"])
    contents = .other(file, Dictionary(weights.map { ($0.name, $0) }) { first, _ in first })
  }

  /// Reads a tensor.
  /// - Throws: `HDF5Error` or `WeightFileError` if it cannot be read.
  public func tensor(_ entry: Entry) throws -> Tensor {
    switch contents {
    case .hdf5(let group):
      return try Tensor(entry.shape) { try group.dataset(entry.name).read(into: $0) }
    case .other(let file, let stored):
      guard let stored = stored[entry.name] else {
        preconditionFailure("\(entry.name) is not in \(path)")
      }
      return try file.tensor(stored)
    }
  }
}

/// The network and the factor that weights belong to.
public struct NetworkLabel: Sendable, Equatable {
  /// The network's name in configurations.
  public let model: String
  /// The upsampling factor.
  public let factor: Int

  /// Labels weights.
  public init(model: String, factor: Int) {
    self.model = model
    self.factor = factor
  }

  /// From the texts of a file that `pac weights convert` wrote; nil if they do not say.
  init?(_ metadata: [String: String]) {
    guard let model = metadata["model"], let factor = metadata["factor"].flatMap({ Int($0) }) else {
      return nil
    }
    self.init(model: model, factor: factor)
  }

  /// The same as texts.
  var metadata: [String: String] { ["model": model, "factor": "\(factor)"] }
}
