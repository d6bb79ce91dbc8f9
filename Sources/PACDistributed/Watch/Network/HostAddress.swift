import Glibc

/// A numeric address of a machine with the length of its network's prefix, such as `10.1.0.3/16`.
struct HostAddress: Sendable, Hashable {
  /// Four bytes, or sixteen for IPv6.
  let bytes: [UInt8]
  /// How many leading bits all machines of its network have in common.
  let prefix: Int

  /// This machine, reached by no other.
  static let loopback = HostAddress(bytes: [127, 0, 0, 1], prefix: 8)

  init(bytes: [UInt8], prefix: Int) {
    self.bytes = bytes
    self.prefix = prefix
  }

  /// Parses `ADDRESS/PREFIX`; nil if it is not one.
  init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", maxSplits: 1)
    guard parts.count == 2, let prefix = Int(parts[1]) else { return nil }
    for (family, size) in [(AF_INET, 4), (AF_INET6, 16)] where (0...8 * size).contains(prefix) {
      var bytes = [UInt8](repeating: 0, count: size)
      guard inet_pton(family, String(parts[0]), &bytes) == 1 else { continue }
      self.init(bytes: bytes, prefix: prefix)
      return
    }
    return nil
  }

  /// The address alone.
  var numeric: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// `ADDRESS/PREFIX`.
  var text: String { "\(numeric)/\(prefix)" }

  /// Whether `other` lies in the same network.
  func sharesNetwork(with other: HostAddress) -> Bool {
    guard bytes.count == other.bytes.count else { return false }
    return (0..<prefix).allSatisfy { bit in
      (bytes[bit / 8] ^ other.bytes[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
    }
  }
}

/// An address of this machine, and the name of its interface.
struct HostInterface: Sendable, Equatable {
  let name: String
  let address: HostAddress

  /// Those that other machines may reach: of interfaces that are up, neither loopback nor
  /// link-local.
  static func all() -> [HostInterface] {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    return sequence(first: list, next: { $0?.pointee.ifa_next }).compactMap { entry in
      guard let entry = entry?.pointee, entry.ifa_flags & UInt32(IFF_UP) != 0,
        entry.ifa_flags & UInt32(IFF_LOOPBACK) == 0,
        let bytes = bytes(entry.ifa_addr), let mask = self.bytes(entry.ifa_netmask)
      else { return nil }
      // The other side would have to know the name of its link.
      if bytes.count == 16, bytes[0] == 0xFE, bytes[1] & 0xC0 == 0x80 { return nil }
      return HostInterface(
        name: String(cString: entry.ifa_name),
        address: HostAddress(bytes: bytes, prefix: mask.map(\.nonzeroBitCount).reduce(0, +)))
    }
  }

  /// The bytes of an address; nil if it is of another family.
  private static func bytes(_ address: UnsafeMutablePointer<sockaddr>?) -> [UInt8]? {
    guard let address else { return nil }
    let raw = UnsafeRawPointer(address)
    switch Int32(address.pointee.sa_family) {
    case AF_INET:
      return withUnsafeBytes(of: raw.loadUnaligned(as: sockaddr_in.self).sin_addr) { Array($0) }
    case AF_INET6:
      return withUnsafeBytes(of: raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr) { Array($0) }
    default: return nil
    }
  }
}
