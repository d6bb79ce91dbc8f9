import Glibc
import PACFiles
import PACHDF5
import PACOptimizers
import PACTensors
import PACWeights

extension Checkpoint {
  /// The names in a checkpoint file (`docs/checkpoint-format.md`).
  enum Layout {
    static let version = 1
    static let parameters = "parameters"
    static let parameterNames = "parameter_names"
    static let frozenNames = "frozen_names"
    static let optimizer = "optimizer"
    static let runningSums = "running_sums"
    static let dataset = "dataset_checksum"
  }

  /// The attribute `format` of the file's root.
  public static let format = "PixelAdaptive checkpoint"

  /// Writes the checkpoint atomically: the file appears complete, or not at all.
  /// - Parameters:
  ///   - path: the file, which is replaced if it exists.
  ///   - confirming: called just before the file appears; what it throws keeps the file away.
  /// - Throws: `CheckpointError`, for example when the disk is full.
  public func write(to path: String, confirming: () throws -> Void = {}) throws {
    do {
      let file = try AtomicFile(path)
      let contents = try HDF5File(creating: file.temporaryPath)
      try write(into: contents.root)
      try contents.close()
      try FileChecksum.append(to: file.temporaryPath)
      try confirming()
      try file.commit()
    } catch let error as AtomicFile.Failure {
      throw unwritten(path, error.words, error.reason)
    } catch let error as HDF5Error {
      let words = error.problem + (error.cause.map { " (\($0))" } ?? "")
      let remedy = error.advice.map { "; \($0)" } ?? ""
      throw unwritten(path, words + remedy, SystemReason(words: error.cause))
    } catch let error as SystemFile.Failure {
      let reason = SystemReason(code: error.code)
      throw unwritten(path, "\(error); \(reason.advice)", reason)
    }
  }

  /// Reads a checkpoint after verifying the checksum of the file.
  /// - Parameter path: the file.
  /// - Throws: `CheckpointError` if the file is not a checkpoint, has another format version, is
  ///   corrupt, or cannot be read.
  public init(reading path: String) throws {
    try Self.requireIntact(path)
    do {
      try self.init(HDF5File(reading: path).root, path)
    } catch let error as HDF5Error {
      throw CheckpointError(file: path, fault: .notACheckpoint(error))
    }
  }

  /// Verifies the checksum of the file.
  static func requireIntact(_ path: String) throws {
    do {
      let file = try SystemFile(path, for: .reading)
      switch try FileChecksum.verify(file) {
      case .intact: return
      case .absent:
        // Read only now, so that a folder or an unreadable file is reported as such.
        let start = try SystemFile(path, for: .reading).read(upTo: 4)
        let reason =
          start.isEmpty
          ? "the file is empty"
          : start == Array("\u{89}HDF".unicodeScalars.map { UInt8($0.value) })
            ? "it does not end with a checksum: truncated, or another HDF5 file"
            : "it is not an HDF5 file"
        throw CheckpointError(file: path, fault: .notACheckpoint(reason: reason))
      case .differs(let given, let found):
        throw CheckpointError(
          file: path,
          fault: .corrupt(reason: "its checksum is \(given), that of its contents \(found)"))
      }
    } catch let error as SystemFile.Failure where error.code == EIO {
      throw CheckpointError(file: path, fault: .corrupt(reason: error.description))
    } catch let error as SystemFile.Failure {
      throw CheckpointError(
        file: path,
        fault: .inaccessible(reason: "\(error); name a checkpoint file that can be read"))
    }
  }
}

// MARK: - Contents

extension Checkpoint {
  private func write(into root: HDF5Group) throws {
    try root.setAttribute("format", Self.format)
    try root.setAttribute("version", Layout.version)
    try root.setAttribute("epoch", epoch)
    try root.setAttribute("step", step)
    try root.setAttribute("step_in_epoch", stepInEpoch)
    try root.setAttribute("seed", seed)
    try network.write(to: root)
    try root.setAttribute("configuration", configuration)
    if let dataset { try root.setAttribute(Layout.dataset, dataset) }
    try arithmetic?.write(to: root)
    try root.write(parameters.map(\.name), as: Layout.parameterNames)
    let group = try root.createGroup(Layout.parameters)
    for parameter in parameters { try parameter.write(into: group) }
    if !frozen.isEmpty { try root.write(frozen, as: Layout.frozenNames) }
    let trained = trainedParameters
    let trainedCount = trained.reduce(0) { $0 + $1.value.count }

    let optimizerGroup = try root.createGroup(Layout.optimizer)
    try optimizerGroup.setAttribute("name", optimizer)
    try optimizerGroup.setAttribute("step", optimizerState.stepCount)
    for (name, slot) in optimizerState.slots.sorted(by: { $0.key < $1.key }) {
      precondition(slot.count == trainedCount, "\(name): \(slot.count) of \(trainedCount)")
      let group = try optimizerGroup.createGroup(name)
      var start = 0
      for parameter in trained {
        let values = slot.slice(from: start, parameter.value.shape)
        try NamedTensor(name: parameter.name, value: values).write(into: group)
        start += values.count
      }
    }
    let sums = try root.createGroup(Layout.runningSums)
    for (name, sum) in runningSums.sorted(by: { $0.key < $1.key }) {
      try sums.setAttribute(name, sum)
    }
    try validation.write(to: root)
  }

  private init(_ root: HDF5Group, _ path: String) throws {
    let format = root.hasAttribute("format") ? try root.string(attribute: "format") : ""
    guard format != HDF5Weights.format else {
      throw root.error("it holds only weights, from which no run can be resumed")
    }
    guard format == Self.format else {
      throw root.error("the attribute format is not '\(Self.format)'")
    }
    let version = try root.integer(attribute: "version")
    guard version == Layout.version else {
      throw CheckpointError(
        file: path, fault: .otherVersion(found: version, expected: Layout.version))
    }
    let group = try root.group(Layout.parameters)
    let names = try root.dataset(Layout.parameterNames).readStrings()
    let shapes = try names.map { try Shape(group.dataset($0).shape) }
    try group.requireProportion(shapes)
    let flat = try Self.readFlat(group, names, shapes)
    var starts = [0]
    for shape in shapes { starts.append((starts.last ?? 0) + shape.count) }
    let parameters = names.indices.map {
      NamedTensor(name: names[$0], value: flat.slice(from: starts[$0], shapes[$0]))
    }
    let frozen =
      try root.names().contains(Layout.frozenNames)
      ? root.dataset(Layout.frozenNames).readStrings() : []
    let isFrozen = Set(frozen)
    guard isFrozen.isSubset(of: names) else {
      throw root.error("/\(Layout.frozenNames) holds other names than /\(Layout.parameterNames)")
    }
    let trained = zip(names, shapes).filter { !isFrozen.contains($0.0) }
    let optimizerGroup = try root.group(Layout.optimizer)
    let slotNames = try optimizerGroup.names()
    try group.requireProportion(shapes, copies: clampedSum(1, slotNames.count))
    var slots: [String: Tensor] = [:]
    for slot in slotNames {
      slots[slot] = try Self.readFlat(
        optimizerGroup.group(slot), trained.map(\.0), trained.map(\.1))
    }
    self.init(
      epoch: try root.count("epoch"), step: try root.count("step"),
      stepInEpoch: try root.count("step_in_epoch"),
      seed: try root.count("seed", most: .max), network: try NetworkLabel(root),
      configuration: try root.string(attribute: "configuration"), parameters: parameters,
      frozen: frozen, optimizer: shown(try optimizerGroup.string(attribute: "name")),
      optimizerState: OptimizerState(
        stepCount: try optimizerGroup.count("step"), slots: slots),
      runningSums: try Self.readSums(root.group(Layout.runningSums)),
      validation: try ValidationState(root),
      arithmetic: try Arithmetic(root),
      dataset: root.hasAttribute(Layout.dataset)
        ? try root.string(attribute: Layout.dataset) : nil)
  }

  private static func readSums(_ group: HDF5Group) throws -> [String: Double] {
    var sums: [String: Double] = [:]
    for name in try group.attributeNames() {
      let sum = try group.double(attribute: name)
      guard sum.isFinite else {
        throw group.error("the attribute \(shown(name)) is \(sum), expected a finite number")
      }
      sums[name] = sum
    }
    return sums
  }

  /// Reads the named datasets and concatenates them.
  private static func readFlat(
    _ group: HDF5Group, _ names: [String], _ shapes: [Shape]
  ) throws -> Tensor {
    guard try group.names() == names.sorted() else {
      throw group.error("holds other names than /\(Layout.parameterNames)")
    }
    return try Tensor([shapes.reduce(0) { $0 + $1.count }]) { buffer in
      var start = 0
      for (name, shape) in zip(names, shapes) {
        let dataset = try group.dataset(name)
        guard dataset.shape == shape.dimensions else {
          throw dataset.error("expected the shape \(shape), found \(dataset.shape)")
        }
        let end = start + shape.count
        try dataset.read(into: UnsafeMutableBufferPointer(rebasing: buffer[start..<end]))
        start = end
      }
    }
  }
}

extension HDF5Object {
  /// Reads an attribute that counts something.
  /// - Parameters:
  ///   - name: the attribute.
  ///   - most: the largest count; by default 2⁵³, since ranks exchange counts as `Double`.
  /// - Returns: the count.
  /// - Throws: `HDF5Error` if it is negative or larger.
  func count(_ name: String, most: Int = 1 << 53) throws -> Int {
    let value = try integer(attribute: name)
    guard (0...most).contains(value) else {
      throw error("the attribute \(name) is \(value), expected 0 to \(most)")
    }
    return value
  }
}

extension Arithmetic {
  fileprivate func write(to root: HDF5Group) throws {
    try root.setAttribute("threads", threads)
    try root.setAttribute("processor", processor)
    try root.setAttribute("instruction_set", instructionSet)
  }

  /// Nil for files of older versions, which lack it.
  fileprivate init?(_ root: HDF5Group) throws {
    guard root.hasAttribute("threads") else { return nil }
    self.init(
      threads: try root.count("threads"),
      processor: shown(try root.string(attribute: "processor"), most: 200),
      instructionSet: shown(try root.string(attribute: "instruction_set"), most: 2000))
  }
}

extension NamedTensor {
  /// Writes the values to a dataset of this name.
  func write(into group: HDF5Group) throws {
    try value.withUnsafeBufferPointer {
      _ = try group.write($0, shape: value.shape.dimensions, as: name)
    }
  }
}

private func unwritten(_ path: String, _ words: String, _ cause: SystemReason) -> CheckpointError {
  CheckpointError(file: path, fault: .unwritten(reason: words, cause: cause))
}
