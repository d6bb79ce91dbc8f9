import CPACHDF5

// HDF5 1.10 trusts the stored sizes of chunks, too. Chunks behind common filters are decoded here
// instead, and the sizes of plain ones are checked before the library reads them.

extension HDF5Dataset {
  /// Reads a block of numbers, as `memoryType` of `elementBytes` bytes each.
  func readBlock(
    into target: UnsafeMutableRawPointer, as memoryType: hid_t, elementBytes: Int, start: [Int],
    count: [Int]
  ) throws {
    try withBlock(start, count) { memory, file in
      if let chunk = layout.chunk {
        let fileType = try location.check("cannot read its type", H5Dget_type(identifier))
        defer { HDF5Library.release(fileType) }
        let places = chunkStarts(meeting: zip(start, count).map { $0..<$0 + $1 })
        let byteCount = chunk.reduce(H5Tget_size(fileType), *)
        if !layout.hasPlainEdges, let decoder = ChunkDecoder(layout.filters, byteCount: byteCount) {
          let conversion = NumberConversion(from: fileType, to: memoryType, bytes: elementBytes)
          for place in places {
            let elements = try conversion.convert(decoded(place, decoder), at: location)
            copyChunk(
              elements ?? [], fill: elements == nil ? try fillValue(conversion) : nil, at: place,
              chunk, to: target, start, count, elementBytes: elementBytes)
          }
          return
        }
        for place in places { try checkStoredSize(of: place, plainBytes: byteCount) }
      }
      try location.check(
        "cannot read", advice: "the file is damaged; copy or create it again",
        H5Dread(identifier, memoryType, memory, file, pac_h5p_default(), target))
    }
  }

  /// Visits the index of the chunks.
  func walkThroughChunks() throws {
    guard layout.chunk != nil else { return }
    let space = try location.check("cannot read its shape", H5Dget_space(identifier))
    defer { HDF5Library.release(space) }
    var count: hsize_t = 0
    try location.check("cannot count its chunks", H5Dget_num_chunks(identifier, space, &count))
  }

  private var identifier: hid_t { location.identifier.id }

  /// The size of a stored chunk; 0 if it was never written.
  private func storedSize(of place: [Int]) throws -> Int {
    var size: hsize_t = 0
    HDF5Library.silence()
    if H5Dget_chunk_storage_size(identifier, place.map { hsize_t($0) }, &size) < 0 {
      let cause = HDF5Library.errorText()
      if cause == "chunk storage is not allocated" { return 0 }
      throw location.error(
        "cannot find the chunk at \(place)", cause: cause,
        advice: "the file is damaged; copy or create it again")
    }
    let most = try location.fileSize()
    guard size <= hsize_t(most) else {
      throw location.damaged("a chunk of \(size) bytes in a file of \(most)")
    }
    return Int(size)
  }

  /// The decoded bytes of a chunk; nil if it was never written.
  private func decoded(_ place: [Int], _ decoder: ChunkDecoder) throws -> [UInt8]? {
    let size = try storedSize(of: place)
    guard size > 0 else { return nil }
    var mask: UInt32 = 0
    var stored = [UInt8](repeating: 0, count: size)
    try location.check(
      "cannot read", advice: "the file is damaged; copy or create it again",
      H5Dread_chunk(
        identifier, pac_h5p_default(), place.map { hsize_t($0) }, &mask, &stored))
    guard let bytes = decoder.decode(stored, without: mask) else {
      throw location.damaged(
        "the chunk at \(place) does not hold the \(decoder.byteCount) bytes that are expected")
    }
    return bytes
  }

  private func checkStoredSize(of place: [Int], plainBytes: Int) throws {
    let stored = try storedSize(of: place)
    guard stored == 0 || !layout.filters.isEmpty || stored == plainBytes else {
      throw location.damaged(
        "the chunk at \(place) takes \(stored) bytes where \(plainBytes) are expected")
    }
  }

  /// The bytes of the value that chunks hold which were never written.
  private func fillValue(_ conversion: NumberConversion) throws -> [UInt8] {
    var value = [UInt8](repeating: 0, count: conversion.memoryBytes)
    let properties = try location.check("cannot read its layout", H5Dget_create_plist(identifier))
    defer { HDF5Library.release(properties) }
    // Without a value, that is zeros.
    _ = H5Pget_fill_value(properties, conversion.memoryType, &value)
    return value
  }
}

/// Converts numbers from their type in the file to the type in memory.
private struct NumberConversion {
  let memoryType: hid_t
  let memoryBytes: Int
  private let fileType: hid_t
  private let fileBytes: Int

  init(from fileType: hid_t, to memoryType: hid_t, bytes: Int) {
    self.fileType = fileType
    self.memoryType = memoryType
    memoryBytes = bytes
    fileBytes = H5Tget_size(fileType)
  }

  func convert(_ bytes: [UInt8]?, at location: HDF5Location) throws -> [UInt8]? {
    guard var bytes, H5Tequal(fileType, memoryType) <= 0 else { return bytes }
    let count = bytes.count / fileBytes
    let room = count * max(fileBytes, memoryBytes)
    bytes += [UInt8](repeating: 0, count: room - bytes.count)
    try location.check(
      "cannot read",
      H5Tconvert(fileType, memoryType, count, &bytes, nil, pac_h5p_default()))
    return bytes
  }
}

/// Copies the part of a chunk that lies in a block, row by row, or fills it with one value.
private func copyChunk(
  _ elements: [UInt8], fill: [UInt8]?, at place: [Int], _ chunk: [Int],
  to target: UnsafeMutableRawPointer, _ start: [Int], _ count: [Int], elementBytes: Int
) {
  let axes = place.indices
  let lower = axes.map { max(place[$0], start[$0]) }
  let upper = axes.map { min(place[$0] + chunk[$0], start[$0] + count[$0]) }
  guard let last = axes.last, axes.allSatisfy({ lower[$0] < upper[$0] }) else { return }
  let rowCount = upper[last] - lower[last]
  elements.withUnsafeBytes { source in
    var index = lower
    while true {
      let from = axes.reduce(0) { $0 * chunk[$1] + index[$1] - place[$1] } * elementBytes
      let row = target + axes.reduce(0) { $0 * count[$1] + index[$1] - start[$1] } * elementBytes
      if let fill {
        for i in 0..<rowCount {
          (row + i * elementBytes).copyMemory(from: fill, byteCount: elementBytes)
        }
      } else if let base = source.baseAddress {
        row.copyMemory(from: base + from, byteCount: rowCount * elementBytes)
      }
      // The next row: the last of the leading axes runs fastest.
      var axis = last - 1
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < upper[axis] { break }
        index[axis] = lower[axis]
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}
