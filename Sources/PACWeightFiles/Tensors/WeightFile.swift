import PACFiles
import PACTensors

/// An open file of named tensors.
///
/// Names, types and shapes are already read and checked; elements are read on demand.
///
/// The first bytes tell the three formats apart: `.safetensors` and both formats of PyTorch's
/// `torch.save`. Every size that a file states is checked against the size of the file.
public struct WeightFile {
  /// The formats of weight files of other programs.
  public enum Format: Sendable, Equatable {
    /// `torch.save` since PyTorch 1.6: a zip archive.
    case torchArchive
    /// `torch.save` before PyTorch 1.6: pickles followed by the elements.
    case torchStream
    /// A JSON header followed by the elements.
    case safetensors

    /// The name of the format, for messages.
    public var name: String {
      switch self {
      case .torchArchive: "PyTorch weights"
      case .torchStream: "PyTorch weights, format before 1.6"
      case .safetensors: "safetensors"
      }
    }
  }

  /// A tensor in the file.
  public struct Entry: Sendable {
    /// Its name.
    public let name: String
    /// The type of its elements in the file.
    public let type: WeightElementType
    /// The size of each axis, outermost first.
    public let shape: [Int]
    let number: Int
  }

  /// A block of elements within the file.
  struct Block {
    enum Place {
      /// Uncompressed, from this byte on.
      case plain(offset: Int)
      case deflated(ZipEntry, ZipArchive)
    }
    let place: Place
    let bytes: Int
  }

  /// The path of the file.
  public let path: String
  /// The format of the file.
  public let format: Format
  /// The tensors in the order of the file.
  public let entries: [Entry]
  /// Strings stored with the tensors.
  public let metadata: [String: String]
  /// Notes for the user on what was chosen or ignored.
  public let notes: [String]

  private let file: FileBytes
  private let tensors: [StoredTensor]
  private let blocks: [Block]
  private let isBigEndian: Bool

  /// Makes an open file: `names` index the `tensors`, whose storages are the `blocks`.
  init(
    _ file: FileBytes, _ format: Format, names: [(name: String, tensor: Int)],
    tensors: [StoredTensor], blocks: [Block], metadata: [String: String] = [:],
    notes: [String] = [], isBigEndian: Bool = false
  ) throws {
    self.path = file.path
    self.format = format
    self.entries = names.map {
      Entry(name: $0, type: tensors[$1].type, shape: tensors[$1].shape, number: $1)
    }
    self.metadata = metadata
    self.notes = notes
    self.file = file
    self.tensors = tensors
    self.blocks = blocks
    self.isBigEndian = isBigEndian
    try requireProportion()
  }

  /// How much larger the tensors, as `Float`, may be than the storages that they share.
  private static let largestShare = 16

  /// A few tensors may share a storage, but with very many a small file could fill the memory.
  private func requireProportion() throws {
    let stored = blocks.reduce(0) { $0 + $1.bytes }
    var needed = 0
    for entry in entries { needed += tensors[entry.number].count * 4 }
    guard needed <= Self.largestShare * stored else {
      throw WeightFileError(
        path, "its tensors need \(needed) bytes, but share only \(stored) stored bytes",
        advice: "save copies, for example with clone()")
    }
  }

  /// Reads a tensor as `Float`.
  /// - Throws: `WeightFileError` if it cannot be read, if its elements are not floating-point
  ///   numbers, or if a 64-bit value overflows 32 bits.
  public func tensor(_ entry: Entry) throws -> Tensor {
    let stored = tensors[entry.number]
    guard stored.type.isFloatingPoint else {
      throw WeightFileError(
        path, at: shown(entry.name), "is of type \(stored.type)",
        advice: "weights are floating-point numbers")
    }
    let block = blocks[stored.storage]
    let tensor = try stored.read(isBigEndian: isBigEndian) { target in
      switch block.place {
      case .plain(let offset): try file.read(at: offset + stored.bytes.lowerBound, into: target)
      case .deflated(let entry, let archive):
        target.copyBytes(from: try archive.bytes(of: entry)[stored.bytes])
      }
    }
    if stored.type == .float64, tensor.elements.contains(where: \.isInfinite) {
      throw WeightFileError(
        path, at: shown(entry.name),
        "holds non-finite values, or values beyond the range of 32 bits",
        advice: "store finite values")
    }
    return tensor
  }
}
