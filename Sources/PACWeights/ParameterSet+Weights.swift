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
  ///   - names: the published names, under which the parameters are saved.
  /// - Throws: `WeightsError` if the file cannot be written.
  public func save(
    to path: String, network: NetworkLabel? = nil, names: PublishedNames = .own
  ) throws {
    let tensors = entries.map { NamedTensor(name: $0.name, value: $0.parameter.value) }
    try WeightFormat.forWriting(path).save(names.published(tensors), network: network, to: path)
  }

  /// Loads all parameters from a `.pth`, `.pt` or `.safetensors` file, or from several files by
  /// their index, after checking every name and shape.
  ///
  /// Every number must be finite.
  ///
  /// The format is recognised by the file's first bytes. 16-bit and 64-bit floating-point numbers
  /// are converted to float32, and a prefix that all names share, such as `module.`, is dropped.
  /// - Parameters:
  ///   - path: the file.
  ///   - network: what the file must say it belongs to, if it says anything.
  ///   - names: the published names; the file may have these or the parameters' own.
  /// - Returns: notes for the user on what was chosen or left out.
  /// - Throws: `WeightFileError` if the file cannot be read; `WeightsError` naming what differs if
  ///   it belongs to another network, and then nothing has changed, or the parameter that holds NaN
  ///   or infinity.
  @discardableResult
  public func load(
    from path: String, for network: NetworkLabel? = nil, names: PublishedNames = .own
  ) throws -> [String] {
    try load(NetworkWeights(opening: path), for: network, names: names)
  }

  /// Loads all parameters from a weight file, after checking every name and shape.
  /// - Parameters:
  ///   - weights: the file.
  ///   - network: what the file must say it belongs to, if it says anything.
  ///   - names: the published names; the file may have these or the parameters' own.
  ///   - guess: the network whose parameters the file seems to hold, for the message; nil if
  ///     unknown.
  /// - Returns: notes for the user on what was chosen or left out.
  /// - Throws: `WeightsError` naming what differs if it belongs to another network; then nothing
  ///   has changed.
  public func load(
    _ weights: NetworkWeights, for network: NetworkLabel? = nil, names: PublishedNames = .own,
    guess: (NetworkWeights) -> String? = { _ in nil }
  ) throws -> [String] {
    let parameters = entries.map { (name: $0.name, parameter: $0.parameter) }
    let match = weights.match(parameters, names: names)
    let label = network.flatMap { weights.network?.differences(from: $0) } ?? []
    let differences = label + match.differences()
    guard differences.isEmpty else {
      let fit = guess(weights).map { ["they fit \($0)"] } ?? []
      throw WeightsError.otherModel(weights.path, differences + fit + weights.partAdvice)
    }
    try weights.load(match, into: parameters)
    let prefix = match.prefix.isEmpty ? [] : ["names taken without their prefix \(match.prefix)"]
    return (weights.notes + prefix).map { "\(weights.path): \($0)" }
  }
}
