import PACFiles
import PACWeightFiles

extension NetworkWeights {
  /// Opens weights of another program: `.pth`, `.safetensors`, or the index of weights that lie in
  /// several files, which are read as one.
  /// - Throws: `WeightFileError` or `WeightsError` if they cannot be read.
  public init(opening path: String) throws {
    if try WeightIndex.recognizes(path) {
      try self.init(WeightIndex(reading: path))
    } else {
      self.init(try WeightFile(reading: path))
    }
  }

  /// Opens every file that an index names.
  /// - Throws: `WeightFileError` if one cannot be read, `WeightsError` if it lacks a tensor.
  public init(_ index: WeightIndex) throws {
    var entries: [Entry] = []
    var notes: [String] = []
    var owners: [String: NetworkWeights] = [:]
    var parts: [NetworkWeights] = []
    for part in index.parts {
      let file = try WeightFile(reading: part.path)
      let held = Set(file.entries.map(\.name))
      let missing = part.names.subtracting(held).sorted()
      guard missing.isEmpty else {
        throw WeightsError(
          file: part.path,
          problem: "lacks \(listed(missing)), which \(index.path) says it holds; copy or download "
            + "all files again")
      }
      let weights = NetworkWeights(file)
      let own = weights.entries.filter { part.names.contains($0.name) }
      let others = held.subtracting(part.names).sorted()
      entries += own
      for entry in own { owners[entry.name] = weights }
      notes += weights.notes
      notes += others.isEmpty ? [] : ["left out, not in the index: \(listed(others))"]
      parts.append(weights)
    }
    self.init(
      path: index.path, kind: "\(parts.first?.kind ?? "weights") in \(parts.count) files",
      network: parts.lazy.compactMap(\.network).first, entries: entries, notes: notes,
      read: { entry in
        guard let owner = owners[entry.name] else {
          preconditionFailure("\(entry.name) is not in \(index.path)")
        }
        return try owner.storedTensor(entry)
      })
  }

  /// What to say of weights that do not fit because they are one of several files; usually empty.
  public var partAdvice: [String] {
    let name = path.split(separator: "/").last ?? ""
    guard name.contains(/-\d{5}-of-\d{5}\.[a-z]+$/) else { return [] }
    return ["it is one of several files; name their index, such as model.safetensors.index.json"]
  }
}
