import PACFiles
import PACTensors
import PACWeightFiles

/// A file format for writing weights, selected by the extension of the file's name.
public struct WeightFormat: Sendable {
  /// Its name, for messages.
  public let name: String
  /// Its extensions, the usual one first.
  public let extensions: [String]
  /// Whether parameters have their published names in files of this format, so that the published
  /// programs load them, or the network's own.
  public let isPublished: Bool
  private let write: @Sendable ([NamedTensor], NetworkLabel?, String) throws -> Void

  /// Declares a format.
  /// - Parameters:
  ///   - name: its name, for messages.
  ///   - extensions: its extensions, the usual one first.
  ///   - isPublished: whether parameters have their published names in it.
  ///   - write: writes tensors, and their network if the format can store it, to an existing empty
  ///     file; throws `WeightsError` or `WeightFileError`.
  public init(
    _ name: String, extensions: [String], isPublished: Bool = true,
    write:
      @escaping @Sendable (
        _ tensors: [NamedTensor], _ network: NetworkLabel?, _ path: String
      ) throws -> Void
  ) {
    self.name = name
    self.extensions = extensions
    self.isPublished = isPublished
    self.write = write
  }

  /// The format of `torch.save`: `torch.load(path, weights_only=True)` returns an `OrderedDict` of
  /// tensors.
  public static let torch = WeightFormat("PyTorch weights", extensions: [".pth", ".pt"]) {
    tensors, _, path in try writeTorchArchive(tensors, to: path)
  }

  /// `.safetensors`, which also holds the network's label.
  public static let safetensors = WeightFormat("safetensors", extensions: [".safetensors"]) {
    tensors, network, path in
    try writeSafetensors(tensors, metadata: network?.metadata ?? [:], to: path)
  }

  /// Finds the format for an output file.
  /// - Parameters:
  ///   - path: the file.
  ///   - formats: the supported formats.
  /// - Returns: the format of the file's extension.
  /// - Throws: `WeightsError` if no format has this extension.
  public static func forWriting(
    _ path: String, among formats: [WeightFormat] = [.torch, .safetensors]
  ) throws(WeightsError) -> WeightFormat {
    let end = path.lowercased()
    if let format = formats.first(where: { $0.extensions.contains { end.hasSuffix($0) } }) {
      return format
    }
    let known = formats.flatMap(\.extensions).joined(separator: ", ")
    throw WeightsError(
      file: path, problem: "unknown extension; use one of \(known)")
  }

  /// Writes a file as float32; it appears complete, or not at all.
  /// - Parameters:
  ///   - tensors: the tensors to write, in order, with unique names.
  ///   - network: the network they belong to, for formats that store it.
  ///   - path: the file, which is replaced if it exists.
  /// - Throws: `WeightsError` if it cannot be written, in which case no new file appears.
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
      // Errors of the format name the temporary file.
      throw WeightsError(file: path, problem: error.words)
    } catch let error as WeightsError {
      throw WeightsError(file: path, problem: error.problem)
    }
  }
}
