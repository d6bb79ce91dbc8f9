import Glibc

/// How much a file may grow when it is read: the one rule of every reader.
///
/// Memory and time are in proportion to the size of a file: 64 times its size, or 256 MiB if that
/// is more. Compression can claim far more than that, 1032 times. Whoever trusts a file raises the
/// second number with the environment variable `PAC_READ_MIB`. A reader compares what a file states
/// with the limit before it allocates.
public struct ReadingLimit: Sendable, Equatable {
  /// The variable that raises the limit, in mebibytes.
  public static let variable = "PAC_READ_MIB"
  /// How many times the size of the file is always allowed.
  public static let factor = 64
  /// What is allowed whatever the size of the file, in mebibytes, unless the user raises it.
  public static let leastMebibytes = 256

  /// The size of the file in bytes.
  public let fileSize: Int
  /// The most bytes that it may take.
  public let bytes: Int

  /// The limit for a file of `fileSize` bytes.
  public init(fileSize: Int) {
    let given = getenv(Self.variable).flatMap { Int(String(cString: $0)) } ?? 0
    self.init(fileSize: fileSize, mebibytes: given)
  }

  /// The same with another number of mebibytes that are always allowed, if it is more.
  init(fileSize: Int, mebibytes: Int) {
    self.fileSize = fileSize
    bytes = max(
      clampedProduct(fileSize, Self.factor),
      clampedProduct(max(mebibytes, Self.leastMebibytes), 1 << 20))
  }

  /// Why `needed` bytes are too many, and what to do about it; nil if they are not.
  public func refusal(of needed: Int) -> (problem: String, advice: String)? {
    guard needed > bytes else { return nil }
    let mebibytes = needed >> 20 + 1
    return (
      "needs \(mebibytes) MiB of memory, far more than a file of \(fileSize) bytes should",
      "if you trust the file, set \(Self.variable)=\(mebibytes)"
    )
  }
}

/// The product of sizes that a file states; `Int.max` if it is larger.
/// - Precondition: none is negative.
public func clampedProduct(_ factors: Int...) -> Int {
  factors.contains(0)
    ? 0
    : factors.reduce(1) { product, factor in
      let (next, overflows) = product.multipliedReportingOverflow(by: factor)
      return overflows ? .max : next
    }
}

/// The sum of sizes that a file states; `Int.max` if it is larger.
/// - Precondition: none is negative.
public func clampedSum(_ a: Int, _ b: Int) -> Int {
  let (sum, overflows) = a.addingReportingOverflow(b)
  return overflows ? .max : sum
}
