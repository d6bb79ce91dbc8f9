import PACFiles
import PACHDF5
import PACTensors
import PACWeights

/// The parameters in one of our HDF5 files, a checkpoint or a weight file
/// (`docs/checkpoint-format.md`).
struct HDF5Weights {
  /// The attribute `format` at the root of a weight file.
  static let format = "PixelAdaptive weights"
  private static let version = 1

  let kind: String
  let network: NetworkLabel?
  /// The number of optimizer steps of a checkpoint; nil for weights without a run.
  let step: Int?
  /// Names and shapes in the network's order.
  let shapes: [(name: String, shape: Shape)]
  /// The group of the datasets.
  let parameters: HDF5Group

  /// Opens a file after verifying its checksum.
  /// - Throws: `CheckpointError`.
  init(reading path: String) throws {
    try Checkpoint.requireIntact(path)
    do {
      try self.init(HDF5File(reading: path).root, path)
    } catch let error as HDF5Error {
      throw CheckpointError(file: path, fault: .notACheckpoint(error))
    }
  }

  private init(_ root: HDF5Group, _ path: String) throws {
    let format = root.hasAttribute("format") ? try root.string(attribute: "format") : ""
    let versions = [Checkpoint.format: Checkpoint.Layout.version, Self.format: Self.version]
    guard let expected = versions[format] else {
      throw root.error(
        "the attribute format is neither '\(Checkpoint.format)' nor '\(Self.format)'")
    }
    let version = try root.integer(attribute: "version")
    guard version == expected else {
      throw CheckpointError(
        file: path, fault: .otherVersion(found: version, expected: expected))
    }
    kind = format == Self.format ? "weights" : "checkpoint"
    network = root.hasAttribute("model") ? try NetworkLabel(root) : nil
    step = format == Checkpoint.format ? try root.count("step") : nil
    let group = try root.group(Checkpoint.Layout.parameters)
    let names = try root.dataset(Checkpoint.Layout.parameterNames).readStrings()
    guard try group.names() == names.sorted() else {
      throw group.error("holds other names than /\(Checkpoint.Layout.parameterNames)")
    }
    parameters = group
    shapes = try names.map { ($0, try Shape(group.dataset($0).shape)) }
    try group.requireProportion(shapes.map(\.shape))
  }

  /// Writes a weight file.
  /// - Throws: `HDF5Error` or `SystemFile.Failure`.
  static func write(_ tensors: [NamedTensor], network: NetworkLabel?, to path: String) throws {
    let file = try HDF5File(creating: path)
    let root = file.root
    try root.setAttribute("format", format)
    try root.setAttribute("version", version)
    try network?.write(to: root)
    try root.write(tensors.map(\.name), as: Checkpoint.Layout.parameterNames)
    let group = try root.createGroup(Checkpoint.Layout.parameters)
    for tensor in tensors {
      guard !tensor.name.contains("/"), !["", ".", ".."].contains(tensor.name) else {
        throw group.error(
          "'\(shown(tensor.name))' cannot be a name in HDF5",
          advice: "convert to .pth or .safetensors")
      }
      try tensor.write(into: group)
    }
    try file.close()
    try FileChecksum.append(to: path)
  }
}

extension HDF5Group {
  /// Checks that parameters of these shapes are no more than `ReadingLimit` allows a file of this
  /// size, since a damaged file can state any shape.
  /// - Parameters:
  ///   - shapes: the shapes.
  ///   - copies: how many numbers each element has.
  /// - Throws: `HDF5Error` if they are more.
  func requireProportion(_ shapes: [Shape], copies: Int = 1) throws {
    let size = (try? SystemFile(filePath, for: .reading).size) ?? 0
    let elements = shapes.reduce(0) { clampedSum($0, $1.count) }
    let needed = clampedProduct(elements, MemoryLayout<Float>.size, copies)
    if let refusal = ReadingLimit(fileSize: size).refusal(of: needed) {
      throw error(refusal.problem, advice: refusal.advice)
    }
  }
}

extension CheckpointFault {
  /// The fault of a file whose contents are not a checkpoint, from the HDF5 layer's error.
  static func notACheckpoint(_ error: HDF5Error) -> CheckpointFault {
    let place = error.object.map { "\(shown($0)): " } ?? ""
    let cause = error.cause.map { " (\($0))" } ?? ""
    return .notACheckpoint(reason: "\(place)\(error.problem)\(cause)")
  }
}
