import PACAutograd
import PACTensors
import PACWeightFiles

extension ParameterSet {
  /// Saves all parameters by name to a `.pth`, `.pt` or `.safetensors` file, as float32.
  ///
  /// For the first two, `torch.load(path, weights_only=True)` returns an `OrderedDict` for
  /// `load_state_dict`. The file appears complete, or not at all.
  /// - Parameters:
  ///   - path: the file, which is replaced if it exists; its extension selects the format.
  ///   - network: the network that the parameters belong to, which only `.safetensors` stores.
  /// - Throws: `WeightsError` if the file cannot be written.
  public func save(to path: String, network: NetworkLabel? = nil) throws {
    let tensors = entries.map { NamedTensor(name: $0.name, value: $0.parameter.value) }
    try WeightFormat.forWriting(path).save(tensors, network: network, to: path)
  }

  /// Loads all parameters from a `.pth`, `.pt` or `.safetensors` file, after checking every name
  /// and shape.
  ///
  /// The format is recognised by the file's first bytes. 16-bit and 64-bit floating-point numbers
  /// are converted to float32, and a prefix that all names share, such as `module.`, is dropped.
  /// - Parameters:
  ///   - path: the file.
  ///   - network: what the file must say it belongs to, if it says anything.
  /// - Returns: notes for the user on what was chosen or left out.
  /// - Throws: `WeightFileError` if the file cannot be read, `WeightsError` naming what differs if
  ///   it belongs to another network; then nothing has changed.
  @discardableResult
  public func load(from path: String, for network: NetworkLabel? = nil) throws -> [String] {
    try load(NetworkWeights(WeightFile(reading: path)), for: network)
  }

  /// Loads all parameters from a weight file, after checking every name and shape.
  /// - Parameters:
  ///   - weights: the file.
  ///   - network: what the file must say it belongs to, if it says anything.
  ///   - guess: the network whose parameters the file seems to hold, for the message; nil if
  ///     unknown.
  /// - Returns: notes for the user on what was chosen or left out.
  /// - Throws: `WeightsError` naming what differs if it belongs to another network; then nothing
  ///   has changed.
  public func load(
    _ weights: NetworkWeights, for network: NetworkLabel? = nil,
    guess: (NetworkWeights) -> String? = { _ in nil }
  ) throws -> [String] {
    let match = ParameterMatch(
      weights.entries.map { ($0.name, $0.shape) },
      to: entries.map { ($0.name, $0.parameter.shape) })
    let label = network.flatMap { weights.network?.differences(from: $0) } ?? []
    let differences = label + match.differences
    guard differences.isEmpty else {
      let fit = guess(weights).map { ["they fit \($0)"] } ?? []
      throw WeightsError.otherModel(weights.path, differences + fit)
    }
    let stored = Dictionary(weights.entries.map { ($0.name, $0) }) { first, _ in first }
    for entry in entries {
      guard let found = stored[match.prefix + entry.name] else { continue }
      entry.parameter.value = try weights.tensor(found)
    }
    let prefix = match.prefix.isEmpty ? [] : ["names taken without their prefix \(match.prefix)"]
    return (weights.notes + prefix).map { "\(weights.path): \($0)" }
  }
}
