extension WeightFile {
  /// Opens a file of any of the formats.
  /// - Throws: `WeightFileError`: something else, damaged, cut short, or asking for more than tensors.
  public init(reading path: String) throws {
    let file = try FileBytes(path)
    let start = try file.bytes(at: 0, count: min(file.count, 16))
    if ZipArchive.recognizes(start) {
      self = try torchArchive(file)
    } else if start.count > 8, start[8] == UInt8(ascii: "{") {
      // Asked first: the length of a header may begin with 0x80, but no pickle of torch.save has a bracket here.
      self = try safetensors(file)
    } else if start.first == 0x80 {
      self = try torchStream(file)
    } else {
      throw WeightFileError(
        path, start.isEmpty ? "the file is empty" : "not a file of weights",
        advice: "name a .pth or .safetensors file, or a checkpoint")
    }
  }
}
