import PACTensors

/// Writes a state dict in the format of `torch.save` since PyTorch 1.6.
///
/// `torch.load(path, weights_only=True)` returns an `OrderedDict` of contiguous float32 tensors on
/// the CPU.
/// - Parameters:
///   - tensors: the tensors to write, in order.
///   - path: the output file, which is replaced if it exists.
/// - Throws: `WeightFileError` if it cannot be written.
/// - Precondition: names are unique.
public func writeTorchArchive(_ tensors: [NamedTensor], to path: String) throws {
  try writeTorchArchive(tensors, to: path, limits: ZipLimits())
}

/// The same with other sizes from which zip64 is used.
func writeTorchArchive(_ tensors: [NamedTensor], to path: String, limits: ZipLimits) throws {
  let archive = try ZipWriter(path, limits: limits)
  let pickle = PickleWriter.stateDictionary(tensors.map { ($0.name, $0.value.shape.dimensions) })
  try archive.add("archive/data.pkl", pickle)
  try archive.add("archive/byteorder", Array("little".utf8))
  for (number, tensor) in tensors.enumerated() {
    try tensor.value.withUnsafeBufferPointer {
      try archive.add("archive/data/\(number)", UnsafeRawBufferPointer($0))
    }
  }
  try archive.add("archive/version", Array("3\n".utf8))
  try archive.finish()
}
