/// The points of a lattice that are in use, numbered in the order in which they were met: a hash
/// table with open addressing.
struct LatticeTable {
  private typealias Words = SIMD2<UInt64>

  /// The keys by number.
  private(set) var keys: [LatticeKey] = []
  /// Numbers of keys, −1 where there is none; a power of two, at least twice as many as keys.
  private var slots: [Int32]

  /// Makes an empty table.
  init() { slots = [Int32](repeating: -1, count: 1 << 12) }

  /// The number of a key, a new one if it has none yet.
  @inline(__always)
  mutating func number(of key: LatticeKey) -> Int32 {
    let slot = slot(of: key)
    guard slots[slot] < 0 else { return slots[slot] }
    let number = Int32(truncatingIfNeeded: keys.count)
    slots[slot] = number
    keys.append(key)
    if 2 * keys.count > slots.count { grow() }
    return number
  }

  /// The number of a key, −1 if it has none.
  @inline(__always)
  func find(_ key: LatticeKey) -> Int32 { slots[slot(of: key)] }

  /// Where a key is, or would be.
  @inline(__always)
  private func slot(of key: LatticeKey) -> Int {
    let words = unsafeBitCast(key, to: Words.self)
    // Odd numbers without pattern; the product's high bits depend on all bits of the key.
    var hash = words[0] &* 0x9e37_79b9_7f4a_7c15 ^ words[1] &* 0xc2b2_ae3d_27d4_eb4f
    hash ^= hash >> 29
    hash = hash &* 0xbf58_476d_1ce4_e5b9
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash >> 32) & mask
    while true {
      let number = slots[slot]
      guard number >= 0 else { return slot }
      let other = unsafeBitCast(keys[Int(number)], to: Words.self)
      if other[0] == words[0] && other[1] == words[1] { return slot }
      slot = (slot + 1) & mask
    }
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: 2 * slots.count)
    for (number, key) in keys.enumerated() {
      slots[slot(of: key)] = Int32(truncatingIfNeeded: number)
    }
  }
}
