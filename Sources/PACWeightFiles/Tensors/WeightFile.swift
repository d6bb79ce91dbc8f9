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
  private let unpacked: UnpackedBlocks

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
    unpacked = UnpackedBlocks()
    try requireProportion()
  }

  /// How much larger the tensors, as `Float`, may be than the storages that they share.
  private static let largestShare = 16

  /// A few tensors may share a storage, but with very many a small file could fill the memory.
  ///
  /// A tensor counts with the bytes that are read for it, too: a few elements far apart cost as
  /// much time as all between them.
  private func requireProportion() throws {
    let stored = blocks.reduce(0) { clampedSum($0, $1.bytes) }
    let needed = entries.reduce(0) { needed, entry in
      let tensor = tensors[entry.number]
      return clampedSum(needed, max(clampedProduct(tensor.count, 4), tensor.bytes.count))
    }
    if let refusal = ReadingLimit(fileSize: file.count).refusal(of: needed) {
      throw WeightFileError(path, refusal.problem, advice: refusal.advice)
    }
    guard needed <= clampedProduct(Self.largestShare, stored) else {
      throw WeightFileError(
        path, "its tensors need \(needed) bytes, but share only \(stored) stored bytes",
        advice: "save copies, for example with clone()")
    }
  }

  /// Reads a tensor as `Float`.
  ///
  /// A 64-bit value beyond the range of 32 bits becomes infinite.
  /// - Throws: `WeightFileError` if it cannot be read, or if its elements are not floating-point
  ///   numbers.
  public func tensor(_ entry: Entry) throws -> Tensor {
    let stored = tensors[entry.number]
    guard stored.type.isFloatingPoint else {
      throw WeightFileError(
        path, at: shown(entry.name), "is of type \(stored.type)",
        advice: "weights are floating-point numbers")
    }
    let block = blocks[stored.storage]
    return try stored.read(isBigEndian: isBigEndian) { target in
      switch block.place {
      case .plain(let offset): try file.read(at: offset + stored.bytes.lowerBound, into: target)
      case .deflated(let entry, let archive):
        let bytes = try unpacked.bytes(of: stored.storage) { try archive.bytes(of: entry) }
        target.copyBytes(from: bytes[stored.bytes])
      }
    }
  }
}

/// The deflated blocks of a file that were needed so far.
///
/// Kept, because any number of tensors may lie in one block, and each would unpack it again;
/// `ZipArchive` has checked that all of them together are in proportion to the file.
private final class UnpackedBlocks {
  private var blocks: [Int: [UInt8]] = [:]

  func bytes(of number: Int, unpack: () throws -> [UInt8]) rethrows -> [UInt8] {
    if let bytes = blocks[number] { return bytes }
    let bytes = try unpack()
    blocks[number] = bytes
    return bytes
  }
}
