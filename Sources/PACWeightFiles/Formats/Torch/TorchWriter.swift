import PACTensors

/// Writes tensors as `torch.save` writes a state dict since PyTorch 1.6: `torch.load(path, weights_only=True)` gives an
/// `OrderedDict` of contiguous tensors of 32-bit floating point on the CPU.
/// - Parameters:
///   - tensors: what to write, in order.
///   - path: the file, replaced if it exists.
/// - Throws: `WeightFileError` if it cannot be written.
/// - Precondition: no name twice.
public func writeTorchArchive(_ tensors: [NamedTensor], to path: String) throws {
  try writeTorchArchive(tensors, to: path, limits: ZipLimits())
}

/// The same with zip64 from other sizes on.
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
