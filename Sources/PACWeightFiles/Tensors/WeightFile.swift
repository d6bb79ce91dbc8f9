import PACFiles
import PACTensors

/// A file of named tensors, opened: names, types and shapes are known and checked, elements are read when asked for.
///
/// Three formats are told apart by their first bytes: `.safetensors`, and both formats of PyTorch's `torch.save`. Nothing
/// that a file says is believed before it is compared with the file's size.
public struct WeightFile {
  /// The formats of weight files of other programs.
  public enum Format: Sendable, Equatable {
    /// `torch.save` since PyTorch 1.6: a zip archive.
    case torchArchive
    /// `torch.save` before: pickles with the elements behind them.
    case torchStream
    /// A JSON header with the elements behind it.
    case safetensors

    /// For people.
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
    /// What its elements are in the file.
    public let type: WeightElementType
    /// Its extents, outermost first.
    public let shape: [Int]
    let number: Int
  }

  /// A block of elements within the file.
  struct Block {
    enum Place {
      /// As they are, from this byte on.
      case plain(offset: Int)
      case deflated(ZipEntry, ZipArchive)
    }
    let place: Place
    let bytes: Int
  }

  /// The path of the file.
  public let path: String
  /// What the file is.
  public let format: Format
  /// The tensors in the order of the file.
  public let entries: [Entry]
  /// Texts stored beside the tensors.
  public let metadata: [String: String]
  /// What was chosen or left out when the file was opened, for people.
  public let notes: [String]

  private let file: FileBytes
  private let tensors: [StoredTensor]
  private let blocks: [Block]
  private let isBigEndian: Bool

  /// Puts an opened file together: `names` number the `tensors`, whose storages lie in the `blocks`.
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

  /// How often tensors may share memory, counted in bytes of `Float`.
  private static let largestShare = 16

  /// A few tensors may share one storage; very many that do would fill the memory from a small file.
  private func requireProportion() throws {
    let stored = blocks.reduce(0) { $0 + $1.bytes }
    var needed = 0
    for entry in entries { needed += tensors[entry.number].count * 4 }
    guard needed <= Self.largestShare * stored else {
      throw WeightFileError(
        path, "its tensors need \(needed) bytes and share the \(stored) that are stored",
        advice: "save copies of them, for example with clone()")
    }
  }

  /// Reads a tensor, as `Float`.
  /// - Throws: `WeightFileError` if it cannot be read, if its elements are no floating-point numbers, or if one of
  ///   64 bits is too large for 32.
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
        path, at: shown(entry.name), "holds infinity or numbers beyond the range of 32 bits",
        advice: "store finite numbers")
    }
    return tensor
  }
}
