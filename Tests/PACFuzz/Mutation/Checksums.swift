import PACFiles

extension [UInt8] {
  /// The number of `width` bytes at `place`, the least significant byte first.
  func littleEndian(at place: Int, _ width: Int) -> Int {
    self[place..<place + width].reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// Stores the lowest `width` bytes of `number` at `place`, the least significant byte first.
  mutating func store(_ number: UInt64, at place: Int, _ width: Int) {
    for i in 0..<width { self[place + i] = UInt8(truncatingIfNeeded: number >> UInt64(8 * i)) }
  }

  /// The places at which `signature` begins.
  func places(of signature: String) -> [Int] {
    let signature = Array(signature.utf8)
    guard count >= signature.count else { return [] }
    return (0...count - signature.count).filter {
      self[$0] == signature[0] && self[$0..<$0 + signature.count].elementsEqual(signature)
    }
  }
}

private func crc32(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  var sum = CRC32()
  sum.update(bytes)
  return UInt64(sum.value)
}

/// Recomputes the checksum of every chunk of a PNG file that lies within the file.
func repairPNG(_ bytes: inout [UInt8]) {
  var place = 8
  while place + 12 <= bytes.count {
    let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - place - 12 else { return }
    let end = place + 8 + length
    bytes.store(crc32(bytes[place + 4..<end]).byteSwapped >> 32, at: end, 4)
    place = end + 4
  }
}

/// Recomputes the checksum of every stored entry of a zip archive that lies within the file.
func repairZip(_ bytes: inout [UInt8]) {
  for record in bytes.places(of: "PK\u{1}\u{2}") where record + 46 <= bytes.count {
    let local = bytes.littleEndian(at: record + 42, 4)
    guard bytes.littleEndian(at: record + 10, 2) == 0, local + 30 <= bytes.count else { continue }
    let start =
      local + 30 + bytes.littleEndian(at: local + 26, 2) + bytes.littleEndian(at: local + 28, 2)
    let end = start + bytes.littleEndian(at: record + 20, 4)
    guard end <= bytes.count else { continue }
    let sum = crc32(bytes[start..<end])
    bytes.store(sum, at: record + 16, 4)
    bytes.store(sum, at: local + 14, 4)
  }
}
