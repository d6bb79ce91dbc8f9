/// Changes an HDF5 file where its structure is: at headers, trees and heaps, and in the addresses
/// and lengths that they hold.
///
/// libhdf5 is not instrumented, so libFuzzer does not see which of its changes reach deep.
func changeHDF5(_ bytes: inout [UInt8], _ largest: Int, _ random: inout SeededGenerator) {
  for _ in 0..<Int.random(in: 1...3, using: &random) {
    let anchors = signatures.flatMap { bytes.places(of: $0) }
    let addresses = addresses(bytes)
    switch Int.random(in: 0..<8, using: &random) {
    case 0, 1, 2:
      guard let anchor = anchors.randomElement(using: &random) else { continue }
      overwrite(&bytes, near: anchor, &random)
    case 3, 4:
      // Trees that lead back to themselves, messages that are something else.
      guard let place = addresses.randomElement(using: &random),
        let target = (addresses.map { bytes.littleEndian(at: $0, 8) } + anchors)
          .randomElement(using: &random)
      else { continue }
      bytes.store(UInt64(target), at: place, 8)
    case 5, 6:
      guard let place = addresses.randomElement(using: &random) else { continue }
      overwrite(&bytes, near: bytes.littleEndian(at: place, 8), &random)
    default:
      bytes.removeLast(Int.random(in: 0...bytes.count / 4, using: &random))
    }
  }
}

/// Where the parts of a file begin, of format version 0 to 3.
private let signatures = [
  "HDF\r\n", "TREE", "SNOD", "HEAP", "GCOL", "OHDR", "OCHK", "FRHP", "FHDB", "FHIB", "BTHD",
  "BTLF", "BTIN", "FSHD", "FSSE", "SMTB", "SMLI", "FAHD", "FADB", "EAHD", "EAIB",
]

/// The places of numbers that may be addresses within the file.
private func addresses(_ bytes: [UInt8]) -> [Int] {
  guard bytes.count >= 8 else { return [] }
  return stride(from: 0, through: bytes.count - 8, by: 8).filter {
    bytes[$0 + 7] == 0 && (8..<bytes.count).contains(bytes.littleEndian(at: $0, 8))
  }
}

private func overwrite(_ bytes: inout [UInt8], near anchor: Int, _ random: inout SeededGenerator) {
  let width = [1, 1, 2, 4, 8].randomElement(using: &random) ?? 1
  let place = anchor + Int.random(in: 0..<96, using: &random)
  guard place + width <= bytes.count else { return }
  let old = UInt64(bytes[place])
  let numbers: [UInt64] = [
    0, 1, 2, 3, 8, 16, 255, 1 << 16 - 1, 1 << 31, 1 << 32 - 1, 1 << 62, 1 << 63, .max,
    UInt64(bytes.count), old &+ 1, old &- 1, old ^ 1 << UInt64.random(in: 0..<8, using: &random),
    .random(in: 0..<256, using: &random),
  ]
  bytes.store(numbers.randomElement(using: &random) ?? 0, at: place, width)
}
