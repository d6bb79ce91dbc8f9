/// A reader that libFuzzer feeds with bytes, and how these are made.
struct FuzzTarget: Sendable {
  /// Its name for `Launch/fuzz`, and the name of its folder in `Corpus`.
  let name: String
  /// Reads the bytes; whatever it throws is a refusal.
  let read: @Sendable (Input) throws -> Void
  /// Intact inputs to begin with.
  let seeds: @Sendable () throws -> [[UInt8]]
  /// Changes bytes in a way that suits the format; nil if libFuzzer's own changes do.
  var change: (@Sendable (inout [UInt8], _ largest: Int, inout SeededGenerator) -> Void)?
  /// Makes checksums fit again, so that more than the checksum is tested.
  var repair: (@Sendable (inout [UInt8]) -> Void)?

  /// All targets; a new one is one line here.
  static let all: [FuzzTarget] =
    [.pickle, .zip, .safetensors, .matlab, .numpy, .numpyArchive, .floatMap, .flow, .png, .jpeg] + [
      .configuration, .watch, .identifiers, .hdf5,
    ]
}
