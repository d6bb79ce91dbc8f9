import PACFiles

extension WeightFile {
  /// Opens a weight file of any format.
  /// - Throws: `WeightFileError` if the file is of another kind, damaged, truncated, or contains
  ///   more than tensors.
  public init(reading path: String) throws {
    let file = try FileBytes(path)
    let start = try file.bytes(at: 0, count: min(file.count, 16))
    if ZipArchive.recognizes(start) {
      self = try torchArchive(file)
    } else if start.count > 8, start[8] == UInt8(ascii: "{") {
      // Tested first: a header's length may begin with 0x80 like a pickle, but no pickle of
      // torch.save has a bracket here.
      self = try safetensors(file)
    } else if start.first == 0x80 {
      self = try torchStream(file)
    } else {
      throw WeightFileError(
        path, start.isEmpty ? "the file is empty" : "not a weight file",
        advice: "name a .pth or .safetensors file, or a checkpoint")
    }
  }
}
