/// Random numbers that depend only on what they are for: a seed, a purpose, an epoch and an item.
///
/// Two generators with equal keys give equal numbers on every machine, rank and thread, and
/// generators with different keys give unrelated ones; so a sample's crop does not depend on which
/// rank draws it or on what was drawn before. The key is Philox's key (the seed) and three words of
/// its counter; the fourth word counts the blocks, which leaves 2³⁴ 32-bit words to each generator.
///
/// The distributions are written out here because the standard library's algorithms may change.
public struct CounterRandom: RandomNumberGenerator, Sendable {
  /// What the numbers are drawn for; the raw values are part of every key and never change.
  public enum Purpose: UInt32, Sendable, CaseIterable {
    /// The order of samples within an epoch.
    case order = 1
    /// Crops and flips.
    case augmentation = 2
    /// Initial values of parameters.
    case initialisation = 3
    /// Synthetic scenes.
    case synthetic = 4
    /// Channels that dropout drops.
    case dropout = 5
    /// Distortions of samples besides crops and mirror images.
    case distortion = 6
  }

  private let key: SIMD2<UInt32>
  private var counter: SIMD4<UInt32>
  private var block = SIMD4<UInt32>()
  private var used = 4

  /// Makes the generator that belongs to a key.
  /// - Parameters:
  ///   - seed: the run's or dataset's seed.
  ///   - purpose: what the numbers are for.
  ///   - epoch: the epoch, where the purpose has one, from 0.
  ///   - item: the sample, parameter or scene, from 0.
  /// - Precondition: `epoch` and `item` lie in 0 ..< 2³².
  public init(seed: UInt64, purpose: Purpose, epoch: Int = 0, item: Int = 0) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    counter = SIMD4(0, purpose.rawValue, UInt32(epoch), UInt32(item))
  }

  /// The next 32 random bits.
  public mutating func nextWord() -> UInt32 {
    if used == 4 {
      block = Philox4x32.block(counter: counter, key: key)
      counter[0] += 1
      used = 0
    }
    used += 1
    return block[used - 1]
  }

  /// The next 64 random bits: two words, the low half first.
  public mutating func next() -> UInt64 {
    let low = UInt64(nextWord())
    return low | UInt64(nextWord()) << 32
  }

  /// A number from the uniform distribution over [0, 1), a multiple of 2⁻²⁴.
  public mutating func uniform() -> Float { Float(nextWord() >> 8) * 0x1p-24 }

  /// A number from the uniform distribution over [`range.lowerBound`, `range.upperBound`).
  ///
  /// Rounding may give the upper bound itself where the range is not [0, 1).
  public mutating func uniform(_ range: Range<Double>) -> Double {
    let unit = Double(next() >> 11) * 0x1p-53
    return range.lowerBound + unit * (range.upperBound - range.lowerBound)
  }

  /// An integer from the uniform distribution over 0 ..< `bound`, without bias.
  ///
  /// Lemire, *Fast Random Integer Generation in an Interval*, ACM TOMACS 2019: the high half of
  /// bits · bound, drawn again in the few cases that would make some results more frequent.
  /// - Precondition: `bound` > 0.
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "no integer lies below \(bound)")
    let bound = UInt64(bound)
    let surplus = (0 &- bound) % bound
    while true {
      let product = next().multipliedFullWidth(by: bound)
      if product.low >= surplus { return Int(product.high) }
    }
  }

  /// Puts the elements into a random order, every order being equally likely (Fisher and Yates).
  public mutating func shuffle<T>(_ elements: inout [T]) {
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, integer(below: last + 1))
    }
  }
}
