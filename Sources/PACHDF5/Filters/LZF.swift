import CPACHDF5

/// The decompression of LZF, by the description of its stream.
///
/// A byte below 32 announces so many literal bytes and one more. Any other refers back: its upper
/// three bits are the length less two, where seven means that the next byte is added to it; its
/// lower five bits and the byte that follows are the distance less one.
enum LZF {
  /// Every three bytes of a stream become at most 264.
  static let largestFactor = 88

  /// Decompresses a whole stream.
  /// - Returns: the number of bytes written; nil if the stream is damaged or does not fit.
  static func decompress(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> Int? {
    var (next, end) = (0, 0)
    while next < input.count {
      let control = Int(input[next])
      next += 1
      if control < 32 {
        let count = control + 1
        guard count <= input.count - next, count <= output.count - end else { return nil }
        for i in 0..<count { output[end + i] = input[next + i] }
        next += count
        end += count
        continue
      }
      var count = control >> 5 + 2
      if count == 9 {
        guard next < input.count else { return nil }
        count += Int(input[next])
        next += 1
      }
      guard next < input.count else { return nil }
      let distance = (control & 31) << 8 + Int(input[next]) + 1
      next += 1
      guard distance <= end, count <= output.count - end else { return nil }
      // One by one, because the two ranges may overlap.
      for i in end..<end + count { output[i] = output[i - distance] }
      end += count
    }
    return end
  }

  /// Makes the library decompress LZF by itself, for what `HDF5Dataset` leaves to it.
  static func register() {
    "lzf".withCString { name in
      var filter = H5Z_class2_t(
        version: H5Z_CLASS_T_VERS, id: HDF5Filter.lzf, encoder_present: 0, decoder_present: 1,
        name: name, can_apply: nil, set_local: nil, filter: decompressBlock)
      _ = H5Zregister(&filter)
    }
  }
}

/// The library's interface to a filter: replaces the block by a larger one, or returns 0.
private let decompressBlock: H5Z_func_t = { flags, valueCount, values, count, capacity, block in
  guard flags & UInt32(H5Z_FLAG_REVERSE) != 0, let capacity, let block, let old = block.pointee
  else { return 0 }
  // h5py stores the size of a chunk as the third value.
  let stated = valueCount > 2 ? Int(values?[2] ?? 0) : 0
  let most = count.multipliedReportingOverflow(by: LZF.largestFactor)
  guard !most.overflow, stated <= most.partialValue else { return 0 }
  let size = stated > 0 ? stated : most.partialValue
  guard size > 0, let new = H5allocate_memory(size, false) else { return 0 }
  guard
    let length = LZF.decompress(
      UnsafeRawBufferPointer(start: old, count: count),
      into: UnsafeMutableRawBufferPointer(start: new, count: size))
  else {
    H5free_memory(new)
    return 0
  }
  H5free_memory(old)
  block.pointee = new
  capacity.pointee = size
  return length
}
