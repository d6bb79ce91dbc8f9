import Foundation

/// One way of damaging a file: bits flipped, bytes changed, cut, repeated or left out, numbers made
/// huge.
public struct Mutation: CustomStringConvertible, Sendable {
  /// What was done, with places.
  public private(set) var description = ""
  /// The damaged contents.
  public private(set) var data: Data

  /// Damages `data`; the same seed does the same.
  public init(_ data: Data, seed: UInt64) {
    self.data = data
    var random = SeededGenerator(seed: seed)
    for _ in 0..<Int.random(in: 1...3, using: &random) { change(&random) }
  }

  /// Damages the structure of `data`: bytes within 96 behind a mark, which begins a part of the file.
  ///
  /// Numbers grow, or become those of other places, so that parts lie in each other or in a circle.
  public init(_ data: Data, behind marks: [Data], seed: UInt64) {
    self.data = data
    var random = SeededGenerator(seed: seed)
    let starts = data.indices.filter { start in marks.contains { data[start...].starts(with: $0) } }
    func place() -> Int {
      let start = starts.randomElement(using: &random) ?? 0
      return min(start + .random(in: 0..<96, using: &random), data.count - 1)
    }
    for _ in 0..<Int.random(in: 1...2, using: &random) {
      let target = place()
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        self.data[target] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        note("bit of \(target)")
      case 1:
        self.data[target] = .random(in: 0...9, using: &random)
        note("a small number at \(target)")
      case 2: enlarge(at: target, &random)
      default:
        let (from, to) = (place() & ~7, target & ~7)
        let count = min(8, data.count - max(from, to))
        self.data.replaceSubrange(to..<to + count, with: data[from..<from + count])
        note("\(from) copied to \(to)")
      }
    }
  }

  private mutating func change(_ random: inout SeededGenerator) {
    guard !data.isEmpty else { return }
    let place = Self.place(data.count, &random)
    switch Int.random(in: 0..<10, using: &random) {
    case 0, 1:
      data[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      note("bit of \(place)")
    case 2:
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        data[Self.place(data.count, &random)] = .random(in: 0...255, using: &random)
      }
      note("bytes")
    case 3:
      data = data.prefix(place)
      note("cut at \(place)")
    case 4, 5, 6: enlarge(at: place, &random)
    case 7: enlargeDigits(&random)
    case 8:
      let end = min(place + .random(in: 1...64, using: &random), data.count)
      data.replaceSubrange(place..<end, with: [])
      note("without \(place)..<\(end)")
    default:
      let end = min(place + .random(in: 1...64, using: &random), data.count)
      data.insert(contentsOf: data[place..<end], at: place)
      note("\(place)..<\(end) twice")
    }
    data = Data(data)
  }

  private mutating func note(_ words: String) {
    description += description.isEmpty ? words : ", \(words)"
  }

  /// Headers and directories lie at the ends of a file: half of the changes are made there.
  private static func place(_ count: Int, _ random: inout SeededGenerator) -> Int {
    let edge = min(count, 300)
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return .random(in: 0..<edge, using: &random)
    case 1: return .random(in: count - edge..<count, using: &random)
    default: return .random(in: 0..<count, using: &random)
    }
  }

  /// Writes a huge number, or one near a power of two, over 2, 4 or 8 bytes, in either order.
  private mutating func enlarge(at place: Int, _ random: inout SeededGenerator) {
    let width = [2, 4, 8][Int.random(in: 0..<3, using: &random)]
    let numbers: [UInt64] = [
      .max, .max - 1, .max >> 1, 1 << 63, 1 << 31, 1 << 62, 1 << 40, 0x7FFF_FFFF, 0xFFFF_FFFF,
      1 << 24,
      0,
    ]
    let number =
      numbers.randomElement(using: &random).map { $0 &+ .random(in: 0...1, using: &random) } ?? 0
    let bytes = withUnsafeBytes(of: number.littleEndian) { Array($0.prefix(width)) }
    let isBigEndian = Bool.random(using: &random)
    for (offset, byte) in (isBigEndian ? bytes.reversed() : bytes).enumerated()
    where place + offset < data.count {
      data[place + offset] = byte
    }
    note("\(number) in \(width) bytes at \(place)")
  }

  /// Writes nines behind a digit: sizes that are stored as text.
  private mutating func enlargeDigits(_ random: inout SeededGenerator) {
    let digits = data.indices.filter { (0x30...0x39).contains(data[$0]) }
    guard let place = digits.randomElement(using: &random) else { return }
    let count = Int.random(in: 1...20, using: &random)
    data.insert(contentsOf: [UInt8](repeating: 0x39, count: count), at: place + 1)
    note("\(count) nines at \(place + 1)")
  }
}
