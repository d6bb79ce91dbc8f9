import PACFiles
import PACTensors
import PACWeightFiles

/// A file format that weights are written in, told from the others by the end of the file's name.
public struct WeightFormat: Sendable {
  /// What people call it.
  public let name: String
  /// The ends of names that stand for it, the usual one first.
  public let extensions: [String]
  private let write: @Sendable ([NamedTensor], NetworkLabel?, String) throws -> Void

  /// Declares a format.
  /// - Parameters:
  ///   - name: what people call it.
  ///   - extensions: the ends of names that stand for it, the usual one first.
  ///   - write: writes tensors, and where the format has a place for it the network they belong to, into an
  ///     existing empty file; throws `WeightsError` or `WeightFileError`.
  public init(
    _ name: String, extensions: [String],
    write:
      @escaping @Sendable (
        _ tensors: [NamedTensor], _ network: NetworkLabel?, _ path: String
      ) throws -> Void
  ) {
    self.name = name
    self.extensions = extensions
    self.write = write
  }

  /// What `torch.save` writes: `torch.load(path, weights_only=True)` gives an `OrderedDict` of tensors.
  public static let torch = WeightFormat("PyTorch weights", extensions: [".pth", ".pt"]) {
    tensors, _, path in try writeTorchArchive(tensors, to: path)
  }

  /// `.safetensors`, which also holds the network's label.
  public static let safetensors = WeightFormat("safetensors", extensions: [".safetensors"]) {
    tensors, network, path in
    try writeSafetensors(tensors, metadata: network?.metadata ?? [:], to: path)
  }

  /// Finds the format of a file to be written.
  /// - Parameters:
  ///   - path: the file.
  ///   - formats: those to choose from.
  /// - Returns: the format that the end of the name stands for.
  /// - Throws: `WeightsError` if the name ends as none of them does.
  public static func forWriting(
    _ path: String, among formats: [WeightFormat] = [.torch, .safetensors]
  ) throws(WeightsError) -> WeightFormat {
    let end = path.lowercased()
    if let format = formats.first(where: { $0.extensions.contains { end.hasSuffix($0) } }) {
      return format
    }
    let known = formats.flatMap(\.extensions).joined(separator: ", ")
    throw WeightsError(
      file: path, problem: "the end of the name says no format; choose one of \(known)")
  }

  /// Writes a file that appears whole or not at all, as 32-bit floating point.
  /// - Parameters:
  ///   - tensors: what to write, in order; no name twice.
  ///   - network: the network they belong to, for formats that have a place for it.
  ///   - path: the file, replaced if it exists.
  /// - Throws: `WeightsError` if it cannot be written; then there is no new file.
  public func save(
    _ tensors: [NamedTensor], network: NetworkLabel? = nil, to path: String
  ) throws {
    do {
      let file = try AtomicFile(path)
      try write(tensors, network, file.temporaryPath)
      try file.commit()
    } catch let error as AtomicFile.Failure {
      throw WeightsError(file: path, problem: error.words)
    } catch let error as WeightFileError {
      // Those of the format name the temporary file.
      throw WeightsError(file: path, problem: error.words)
    } catch let error as WeightsError {
      throw WeightsError(file: path, problem: error.problem)
    }
  }
}
