import PACTensors
import PACWeightFiles

/// A network's named parameters in a file of any format: both of PyTorch's `.pth` formats,
/// `.safetensors`, and those that other targets add.
///
/// Opening a file checks it and lists names and shapes. Elements are read on demand, so that no
/// more memory is used than the network needs.
public struct NetworkWeights {
  /// A tensor in the file.
  public struct Entry: Sendable {
    /// Its name.
    public let name: String
    /// Its shape.
    public let shape: Shape
    /// The type of its elements in the file, such as `float32`.
    public let type: String

    /// Describes a tensor.
    public init(name: String, shape: Shape, type: String = "float32") {
      self.name = name
      self.shape = shape
      self.type = type
    }
  }

  /// The file; for a run folder, its newest checkpoint.
  public let path: String
  /// The kind of file, such as `checkpoint` or `safetensors`.
  public let kind: String
  /// The network that the file states; nil in files of other programs.
  public let network: NetworkLabel?
  /// The floating-point tensors, in the order of the file.
  public let entries: [Entry]
  /// Notes for the user on what was chosen or left out.
  public let notes: [String]

  private let read: (Entry) throws -> Tensor

  /// Describes an open and checked file.
  /// - Parameters:
  ///   - path: the file.
  ///   - kind: the kind of file.
  ///   - network: the network that it states.
  ///   - entries: its tensors.
  ///   - notes: notes for the user on what was chosen or left out.
  ///   - read: reads the elements of one of `entries`.
  public init(
    path: String, kind: String, network: NetworkLabel?, entries: [Entry], notes: [String] = [],
    read: @escaping (Entry) throws -> Tensor
  ) {
    self.path = path
    self.kind = kind
    self.network = network
    self.entries = entries
    self.notes = notes
    self.read = read
  }

  /// Wraps a `.pth` or `.safetensors` file.
  public init(_ file: WeightFile) {
    let weights = file.entries.filter(\.type.isFloatingPoint)
    let left = file.entries.filter { !$0.type.isFloatingPoint }
      .map { "\($0.name) (\($0.type.rawValue))" }
    let stored = Dictionary(weights.map { ($0.name, $0) }) { first, _ in first }
    self.init(
      path: file.path, kind: file.format.name, network: NetworkLabel(metadata: file.metadata),
      entries: weights.map {
        Entry(name: $0.name, shape: Shape($0.shape), type: $0.type.rawValue)
      },
      notes: file.notes
        + (left.isEmpty ? [] : ["left out, no weights: \(left.joined(separator: ", "))"]),
      read: { entry in
        guard let stored = stored[entry.name] else {
          preconditionFailure("\(entry.name) is not in \(file.path)")
        }
        return try file.tensor(stored)
      })
  }

  /// Reads a tensor.
  /// - Throws: the format's error if it cannot be read.
  public func tensor(_ entry: Entry) throws -> Tensor { try read(entry) }
}

extension NetworkWeights {
  /// The prefix that PyTorch's wrappers `DataParallel` and `compile` put before every name; usually
  /// empty.
  public var wrapper: String {
    var prefix = ""
    while let next = ["module.", "_orig_mod."].first(where: { wrapper in
      !entries.isEmpty && entries.allSatisfy { $0.name.hasPrefix(prefix + wrapper) }
    }) {
      prefix += next
    }
    return prefix
  }
}
