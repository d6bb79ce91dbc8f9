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
    let stored = Dictionary(entries.map { ($0.name, $0) }) { first, _ in first }
    let differences = try match.constants.compactMap { constant, source -> String? in
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
    guard differences.isEmpty else { throw WeightsError.otherModel(path, differences) }
  }
}
