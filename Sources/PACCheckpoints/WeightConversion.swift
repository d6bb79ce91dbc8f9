import Foundation
import PACAutograd
import PACFiles
import PACHDF5
import PACTensors
import PACWeights

extension WeightFormat {
  /// HDF5 weight files (`docs/checkpoint-format.md`).
  static let hdf5 = WeightFormat("HDF5 weights", extensions: [".h5", ".hdf5"], isPublished: false) {
    tensors, network, path in
    do {
      try HDF5Weights.write(tensors, network: network, to: path)
    } catch let error as HDF5Error {
      let cause = error.cause.map { " (\($0))" } ?? ""
      let advice = error.advice.map { "; \($0)" } ?? ""
      throw WeightsError(file: path, problem: "\(error.problem)\(cause)\(advice)")
    } catch let error as SystemFile.Failure {
      throw WeightsError(
        file: path, problem: "\(error.description); check the free disk space and the quota")
    }
  }
}

/// The result of `convertWeights`.
public struct WeightConversion: Sendable {
  /// The file that was read.
  public let input: String
  /// The kind of the input.
  public let inputKind: String
  /// The file that was written.
  public let output: String
  /// Its format.
  public let format: WeightFormat
  /// The number of tensors.
  public let tensorCount: Int
  /// The number of their elements.
  public let elementCount: Int
  /// Notes for the user on what was chosen, changed or left out.
  public let notes: [String]
}

/// Converts the parameters of a checkpoint or weight file to another format.
///
/// Values are written as float32; optimizer state and everything else of a run is dropped. The
/// names are the published ones in formats of other programs, and the network's own in ours. The
/// output appears complete, or not at all.
/// - Parameters:
///   - input: a file of any format that `NetworkWeights` reads, or a run folder.
///   - output: the file to write; its extension selects the format.
///   - replacing: whether an existing output is replaced.
///   - network: the network, if the file does not state it; the output states it.
///   - names: finds the published names of the parameters of a file, whose network is given if it
///     is known.
/// - Returns: what was done.
/// - Throws: a one-line error, in which case no file is written.
public func convertWeights(
  _ input: String, to output: String, replacing: Bool, of network: NetworkLabel? = nil,
  names: (NetworkWeights, NetworkLabel?) throws -> PublishedNames = { _, _ in .own }
) throws -> WeightConversion {
  let format = try WeightFormat.forWriting(output, among: [.hdf5, .torch, .safetensors])
  guard replacing || !FileManager.default.fileExists(atPath: output) else {
    throw WeightsError(
      file: output, problem: "already exists; use --force to replace it, or name another file")
  }
  let weights = try NetworkWeights(reading: input)
  guard !weights.entries.isEmpty else {
    throw WeightsError(file: weights.path, problem: "holds no weights to convert")
  }
  let stated = try requireOneNetwork(weights, network)
  let published = try names(weights, stated)
  let prefix = weights.wrapper
  let own = try weights.entries.map {
    NamedTensor(
      name: published.own(String($0.name.dropFirst(prefix.count))), value: try weights.tensor($0))
  }
  let twice = Dictionary(grouping: own, by: \.name).first { $0.value.count > 1 }
  if let name = twice?.key {
    throw WeightsError(
      file: weights.path,
      problem: "holds \(shown(name)) under two names, \(shown(name)) and "
        + shown(published.published(name)))
  }
  let tensors = format.isPublished ? published.published(own) : own
  try format.save(tensors, network: stated, to: output)
  let prefixNote = prefix.isEmpty ? [] : ["names written without their prefix \(prefix)"]
  return WeightConversion(
    input: weights.path, inputKind: weights.kind, output: output, format: format,
    tensorCount: tensors.count, elementCount: tensors.reduce(0) { $0 + $1.value.count },
    notes: weights.notes + prefixNote + typeNotes(weights.entries))
}

/// The network that a file states or the user names.
/// - Throws: `WeightsError` if they differ.
private func requireOneNetwork(
  _ weights: NetworkWeights, _ given: NetworkLabel?
) throws -> NetworkLabel? {
  guard let given, let stated = weights.network else { return given ?? weights.network }
  guard stated == given else {
    throw WeightsError.otherModel(weights.path, stated.differences(from: given))
  }
  return stated
}

/// `now float32: 3 of float64 (rounded), 2 of float16`.
private func typeNotes(_ entries: [NetworkWeights.Entry]) -> [String] {
  let counts = Dictionary(entries.map { ($0.type, 1) }, uniquingKeysWith: +)
  let others = counts.filter { $0.key != "float32" }.sorted { $0.key < $1.key }.map {
    "\($0.value) of \($0.key)\($0.key == "float64" ? " (rounded)" : "")"
  }
  return others.isEmpty ? [] : ["now float32: \(others.joined(separator: ", "))"]
}
