import Glibc

/// Owns a connection or the listening port of the watch; does not block unless stated.
///
/// Used only on the watch's thread.
final class WatchSocket {
  let descriptor: Int32
  /// The rank at the other end, once it has identified itself.
  var rank: Int?
  private var received: [UInt8] = []

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Sends a frame; one that does not fit into the system's buffer is dropped, since the next one
  /// carries the same information.
  func send(_ frame: WatchFrame) {
    _ = frame.bytes.withUnsafeBytes {
      Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
  }

  /// Receives what has arrived.
  /// - Returns: complete frames of this job, and whether the connection is still open.
  func receive(token: UInt64) -> (frames: [WatchFrame], isOpen: Bool) {
    var isOpen = true
    var block = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &block, block.count, 0)
      if count > 0 {
        received += block[..<count]
      } else if count < 0 && errno == EINTR {
        continue
      } else {
        isOpen = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)
        break
      }
    }
    var frames: [WatchFrame] = []
    while received.count >= WatchFrame.size {
      // Bytes from another program, or from another job that used the port before.
      guard let frame = WatchFrame(received.prefix(WatchFrame.size), token: token) else {
        return (frames, false)
      }
      frames.append(frame)
      received.removeFirst(WatchFrame.size)
    }
    return (frames, isOpen)
  }

  /// Accepts the next pending connection; nil if there is none.
  func accept() -> WatchSocket? {
    let descriptor = Glibc.accept(descriptor, nil, nil)
    guard descriptor >= 0 else { return nil }
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return WatchSocket(descriptor)
  }

  /// Opens a port of the system's choice on all interfaces.
  /// - Returns: the listening descriptor and the port number; nil if the system refuses.
  static func listen() -> (descriptor: Int32, number: UInt16)? {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    // One port for both IPv4 and IPv6 if the system supports both.
    let both = socket(AF_INET6, kind, 0)
    if both >= 0 {
      var off: Int32 = 0
      setsockopt(both, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &off, socklen_t(MemoryLayout<Int32>.size))
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      if let port = offer(both, &address, { UInt16(bigEndian: $0.sin6_port) }) {
        return (both, port)
      }
      close(both)
    }
    let one = socket(AF_INET, kind, 0)
    guard one >= 0 else { return nil }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    if let port = offer(one, &address, { UInt16(bigEndian: $0.sin_port) }) { return (one, port) }
    close(one)
    return nil
  }

  private static func offer<Address>(
    _ descriptor: Int32, _ address: inout Address, _ port: (Address) -> UInt16
  ) -> UInt16? {
    var size = socklen_t(MemoryLayout<Address>.size)
    return withUnsafeMutableBytes(of: &address) { bytes -> Bool in
      guard let base = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
        return false
      }
      return bind(descriptor, base, size) == 0 && Glibc.listen(descriptor, SOMAXCONN) == 0
        && getsockname(descriptor, base, &size) == 0
    } ? port(address) : nil
  }

  /// Connects to a numeric address, waiting at most `patience` milliseconds.
  static func connect(to address: String, port: UInt16, patience: Int32) -> WatchSocket? {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(address, "\(port)", &hints, &list) == 0, let target = list?.pointee else {
      return nil
    }
    defer { freeaddrinfo(list) }
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(target.ai_family, kind, 0)
    guard descriptor >= 0 else { return nil }
    let result = WatchSocket(descriptor)
    if Glibc.connect(descriptor, target.ai_addr, target.ai_addrlen) == 0 { return result }
    var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    var error: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    guard errno == EINPROGRESS, Glibc.poll(&poll, 1, patience) == 1,
      getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0, error == 0
    else { return nil }
    return result
  }

  /// The numeric addresses of this machine that others may reach, network addresses first.
  static func ownAddresses() -> [String] {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    var addresses: [String] = []
    var next = list
    while let entry = next?.pointee {
      next = entry.ifa_next
      let flags = entry.ifa_flags
      guard let address = entry.ifa_addr, flags & UInt32(IFF_UP) != 0,
        flags & UInt32(IFF_LOOPBACK) == 0
      else { continue }
      let family = Int32(address.pointee.sa_family)
      guard family == AF_INET || family == AF_INET6 else { continue }
      let size =
        family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      guard
        getnameinfo(
          address, socklen_t(size), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
      else { continue }
      let name = String(
        decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      // Link-local addresses would need the name of the link on the other side.
      if !name.hasPrefix("fe80") { addresses.append(name) }
    }
    return addresses
  }
}
