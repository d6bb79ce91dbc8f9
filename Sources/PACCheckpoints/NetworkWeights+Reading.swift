import PACHDF5
import PACTensors
import PACWeightFiles
import PACWeights

extension NetworkWeights {
  /// The attribute `format` at the root of an HDF5 weight file.
  public static let format = HDF5Weights.format

  /// Opens a file of any format, recognised by its first bytes, the checkpoint of a run folder that
  /// `RunWeights` describes, or weights in several files by their index or the folder that holds it.
  /// - Throws: `CheckpointError`, `WeightsError` or `WeightFileError` if the file holds no weights,
  ///   is damaged, or cannot be read.
  public init(reading path: String) throws {
    if let run = try RunWeights(path) {
      if let chosen = try run.locate() {
        try self.init(hdf5: chosen.path, notes: [chosen.note])
      } else if run.run == path, let index = try WeightIndex.find(in: path) {
        try self.init(WeightIndex(reading: index))
      } else {
        throw WeightsError(
          file: run.run, problem: "holds no checkpoint; name a checkpoint or another run folder")
      }
    } else if HDF5File.recognizes(path) {
      try self.init(hdf5: path)
    } else {
      try self.init(opening: path)
    }
  }

  private init(hdf5 path: String, notes: [String] = []) throws {
    let file = try HDF5Weights(reading: path)
    self.init(
      path: path, kind: file.kind, network: file.network,
      entries: file.shapes.map { Entry(name: $0.name, shape: $0.shape) }, notes: notes,
      read: { entry in
        try Tensor(entry.shape) { try file.parameters.dataset(entry.name).read(into: $0) }
      })
  }
}
