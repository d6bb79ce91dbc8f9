import PACCheckpoints
import PACFiles
import PACTraining
import PACWeights

/// The checksum of a network's weights: names, shapes and the bits of all elements, in the order of
/// the file.
///
/// Equal weights have equal checksums in a checkpoint, a `.pth` and a `.safetensors` file that list
/// them in the same order.
/// - Parameter path: a file of weights, or a run folder, whose newest checkpoint is used.
/// - Returns: the checksum in hexadecimal digits.
/// - Throws: the format's error if the file cannot be read.
func weightsChecksum(_ path: String) throws -> String {
  let weights = try NetworkWeights(reading: path)
  var sum = CRC32()
  for entry in weights.entries {
    sum.update(Array("\(entry.name) \(entry.shape.dimensions)".utf8))
    try weights.tensor(entry).withUnsafeBufferPointer { sum.update(UnsafeRawBufferPointer($0)) }
  }
  return sum.hexadecimal
}

extension TrainingConfiguration {
  /// Every key that decides what a run computes, with its value; of paths only whether there is
  /// one, since the manifest has checksums of the files.
  var decisive: [String: String] {
    let paths: Set = ["data", "weights", "weights-backbone"]
    let lengths: Set = ["epochs", "steps"]
    return keys.filter { !paths.contains($0.name) && (!$0.mayChange || lengths.contains($0.name)) }
      .reduce(into: [:]) { $0[$1.name] = $1.write(self) }
  }

  /// The file of the backbone's weights; nil without one.
  var backboneWeights: String? {
    keys.first { $0.name == "weights-backbone" }.map { $0.write(self) }
      .flatMap { $0 == "none" ? nil : $0 }
  }
}
