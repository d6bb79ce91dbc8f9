import PACAutograd
import PACTensors

extension NetworkWeights {
  /// Compares the file with a network's parameters.
  /// - Parameters:
  ///   - parameters: the parameters.
  ///   - names: their published names; the file may have these or the network's own.
  ///   - otherName: an alternative name of a parameter or constant in the file.
  /// - Returns: what the file holds of them, and what differs.
  public func match(
    _ parameters: [(name: String, parameter: Parameter)], names: PublishedNames = .own,
    otherName: (String) -> String? = { _ in nil }
  ) -> ParameterMatch {
    ParameterMatch(
      entries.map { ($0.name, $0.shape) }, to: parameters.map { ($0.name, $0.parameter.shape) },
      names: names, otherName: otherName)
  }

  /// Loads every parameter that the file matches, after comparing the constants; matrices of fully
  /// connected layers become the weights of convolutions.
  /// - Throws: `WeightsError` if the network computes with another constant, and nothing has
  ///   changed; the error of a tensor that cannot be read.
  public func load(
    _ match: ParameterMatch, into parameters: [(name: String, parameter: Parameter)]
  ) throws {
    try requireConstants(of: match)
    try take(match, into: parameters)
  }

  /// Loads every parameter that the file matches, and no other, whatever network it belongs to.
  ///
  /// As `load_state_dict(strict=False)` of PyTorch, but parameters of another shape are left out as
  /// well, and a file of which nothing fits is refused.
  /// - Parameters:
  ///   - match: how the file matches them.
  ///   - parameters: the parameters; those that do not match keep their values.
  ///   - network: the network that they belong to.
  ///   - guess: the network whose parameters the file seems to hold, for the message; nil if
  ///     unknown.
  /// - Returns: what was taken, what was not and why, a line each.
  /// - Throws: `WeightsError` if nothing fits; the error of a tensor that cannot be read.
  public func loadPart(
    _ match: ParameterMatch, into parameters: [(name: String, parameter: Parameter)],
    of network: NetworkLabel, guess: (NetworkWeights) -> String? = { _ in nil }
  ) throws -> [String] {
    guard !match.sources.isEmpty else {
      let fit = guess(self).map { ["they fit \($0)"] } ?? []
      throw WeightsError(
        file: path,
        problem: (["no parameter of \(network.model) fits"] + match.differences() + fit
          + partAdvice).joined(separator: "; "))
    }
    let others = self.network?.differences(from: network) ?? []
    let constants = try differingConstants(of: match)
    try take(match, into: parameters)
    let prefix = match.prefix.isEmpty ? [] : ["names taken without their prefix \(match.prefix)"]
    let label = others.isEmpty ? [] : ["of another network: \(others.joined(separator: "; "))"]
    let numbers = constants.isEmpty ? [] : ["other constants: \(constants.joined(separator: "; "))"]
    return (notes + label + prefix + match.report() + numbers).map { "\(path): \($0)" }
  }

  private func take(
    _ match: ParameterMatch, into parameters: [(name: String, parameter: Parameter)]
  ) throws {
    let stored = Dictionary(entries.map { ($0.name, $0) }) { first, _ in first }
    for (name, parameter) in parameters {
      guard let entry = match.sources[name].flatMap({ stored[$0] }) else { continue }
      parameter.value = try tensor(entry).reshaped(parameter.shape)
    }
  }

  /// Checks that the file has the network's numbers where the network has constants that it
  /// computes with.
  /// - Throws: `WeightsError` naming those that differ.
  public func requireConstants(of match: ParameterMatch) throws {
    let differences = try differingConstants(of: match)
    guard differences.isEmpty else { throw WeightsError.otherModel(path, differences) }
  }

  /// The constants that the network computes with and of which the file has another number.
  private func differingConstants(of match: ParameterMatch) throws -> [String] {
    let stored = Dictionary(entries.map { ($0.name, $0) }) { first, _ in first }
    return try match.constants.compactMap { constant, source -> String? in
      guard constant.isUsed, let entry = stored[source] else { return nil }
      let found = try tensor(entry).elements
      // Files of 16-bit numbers hold the constant rounded.
      let precision: Float = ["float16": 0x1p-11, "bfloat16": 0x1p-8][entry.type] ?? 0
      let isSame = found.allSatisfy {
        abs($0 - constant.value) <= precision * abs(constant.value)
      }
      return isSame
        ? nil
        : "\(constant.name): expected \(constant.value), a constant of the network, found "
          + found.map { "\($0)" }.joined(separator: ", ")
    }
  }
}
