import PACFiles
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
      .map { "\(shown($0.name)) (\($0.type.rawValue))" }
    let stored = Dictionary(weights.map { ($0.name, $0) }) { first, _ in first }
    self.init(
      path: file.path, kind: file.format.name, network: NetworkLabel(metadata: file.metadata),
      entries: weights.map {
        Entry(name: $0.name, shape: Shape($0.shape), type: $0.type.rawValue)
      },
      notes: file.notes
        + (left.isEmpty ? [] : ["left out, no weights: \(listed(left))"]),
      read: { entry in
        guard let stored = stored[entry.name] else {
          preconditionFailure("\(entry.name) is not in \(file.path)")
        }
        return try file.tensor(stored)
      })
  }

  /// Reads a tensor, whose numbers must be finite: with any other, results are wrong, and often
  /// plausible.
  ///
  /// Everything that uses weights reads them here.
  /// - Throws: `WeightsError` naming the first element that is not finite; the format's error if it
  ///   cannot be read.
  public func tensor(_ entry: Entry) throws -> Tensor {
    let tensor = try read(entry)
    if let fault = Self.fault(tensor, entry) {
      throw WeightsError(
        file: path,
        problem: "parameter \(shown(entry.name)) holds \(fault); use weights from before the "
          + "training diverged, or train again")
    }
    return tensor
  }

  /// Reads a tensor as it is stored, finite or not.
  func storedTensor(_ entry: Entry) throws -> Tensor { try read(entry) }

  /// What the first element that is not finite is and where, such as `nan at [0, 2]`; nil if all
  /// are finite.
  /// - Throws: the format's error if it cannot be read.
  public func fault(in entry: Entry) throws -> String? { Self.fault(try read(entry), entry) }

  private static func fault(_ tensor: Tensor, _ entry: Entry) -> String? {
    guard let found = tensor.firstNonFinite else { return nil }
    let isNarrowed = entry.type == WeightElementType.float64.rawValue && found.value.isInfinite
    return "\(found)" + (isNarrowed ? " (or a number beyond the range of 32 bits)" : "")
  }
}

extension NetworkWeights {
  /// The prefix that PyTorch's wrappers `DataParallel` and `compile` put before every name; usually
  /// empty.
  public var wrapper: String {
    var prefix = ""
    // Nobody wraps a network more often.
    for _ in 0..<8 {
      let next = ["module.", "_orig_mod."].first { wrapper in
        !entries.isEmpty && entries.allSatisfy { $0.name.hasPrefix(prefix + wrapper) }
      }
      guard let next else { break }
      prefix += next
    }
    return prefix
  }
}
