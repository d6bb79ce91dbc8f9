import Crypto

/// What only the ranks of a job know, by which they recognize each other's connections.
///
/// Rank 0 draws it, and the others get it through MPI; it is in no file, variable or argument.
struct WatchSecret: Sendable {
  private let key: SymmetricKey

  /// Draws 256 bits from the system's randomness.
  init() { key = SymmetricKey(size: .bits256) }

  /// The secret that rank 0 has drawn.
  init(_ bytes: [UInt8]) { key = SymmetricKey(data: bytes) }

  /// Its bytes, for the other ranks only.
  var bytes: [UInt8] { key.withUnsafeBytes { Array($0) } }

  /// The seal for one purpose, different for each `exchange` of random numbers.
  func seal(_ purpose: WatchSeal.Purpose, _ exchange: [UInt8] = []) -> WatchSeal {
    WatchSeal(
      HKDF<SHA256>.deriveKey(
        inputKeyMaterial: key, salt: exchange, info: Array(purpose.rawValue.utf8),
        outputByteCount: SHA256.byteCount))
  }
}

/// Seals messages with a key: appends a tag that only those who know the key can compute.
struct WatchSeal: Sendable {
  /// Each has a key of its own, so that no message can be taken for one of another kind.
  enum Purpose: String {
    case hello = "PixelAdaptive watch: hello"
    case answer = "PixelAdaptive watch: answer"
    case toRankZero = "PixelAdaptive watch: to rank 0"
    case fromRankZero = "PixelAdaptive watch: from rank 0"
  }

  /// The bytes of a tag: HMAC-SHA-256, of which the first half is sent (RFC 2104, section 5).
  static let size = 16

  private let key: SymmetricKey

  fileprivate init(_ key: SymmetricKey) { self.key = key }

  /// The message followed by its tag.
  func sealed(_ message: [UInt8]) -> [UInt8] { message + tag(message) }

  /// The message before the tag; nil if the tag is wrong.
  func opened(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count >= Self.size else { return nil }
    let message = Array(bytes.dropLast(Self.size))
    // Looks at all bytes, so that the time does not tell how many of a forged tag are right.
    let difference = zip(tag(message), bytes.suffix(Self.size)).reduce(0) { $0 | ($1.0 ^ $1.1) }
    return difference == 0 ? message : nil
  }

  private func tag(_ message: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: message, using: key).prefix(Self.size))
  }
}
