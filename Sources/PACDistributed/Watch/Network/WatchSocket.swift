import Glibc

/// Owns a connection or a listening port of the watch; does not block unless stated.
///
/// Used only on the watch's thread.
final class WatchSocket {
  let descriptor: Int32

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  private static let kind = Int32(
    SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
}

// MARK: - Bytes

extension WatchSocket {
  /// Sends as much as fits into the system's buffer.
  /// - Returns: the number of bytes sent.
  func send(_ bytes: [UInt8]) -> Int {
    max(0, Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)))
  }

  /// Appends what has arrived to `bytes`, until there are `limit` of them.
  /// - Returns: whether the connection is still open.
  func receive(into bytes: inout [UInt8], limit: Int) -> Bool {
    while bytes.count < limit {
      var block = [UInt8](repeating: 0, count: limit - bytes.count)
      let count = recv(descriptor, &block, block.count, 0)
      if count > 0 {
        bytes += block[..<count]
      } else if count == 0 || errno != EINTR {
        return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)
      }
    }
    return true
  }

  /// Has what is sent leave at once.
  ///
  /// Otherwise the system holds a short message back while the one before it is not acknowledged,
  /// and a farewell that is held back is lost when the connection closes.
  func sendAtOnce() {
    var on: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Sends nothing more: the other end reads what was sent, and then the end.
  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Makes closing it leave no state in the system, which a flood would fill.
  func forget() {
    var now = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
  }
}

// MARK: - Connections

extension WatchSocket {
  /// What waited at a port.
  enum Arrival {
    case connection(WatchSocket)
    case nobody
    /// The process or the system has no descriptor or memory left for it.
    case noRoom
  }

  /// Accepts the next pending connection.
  func accept() -> Arrival {
    while true {
      let arrival = Glibc.accept(descriptor, nil, nil)
      if arrival >= 0 {
        _ = fcntl(arrival, F_SETFL, O_NONBLOCK)
        _ = fcntl(arrival, F_SETFD, FD_CLOEXEC)
        let result = WatchSocket(arrival)
        result.sendAtOnce()
        return .connection(result)
      }
      switch errno {
      case EINTR, ECONNABORTED: continue
      case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .noRoom
      default: return .nobody
      }
    }
  }

  /// Opens a port of the system's choice at one address.
  /// - Returns: the listening descriptor and the port; nil if the system refuses.
  static func listen(at address: HostAddress) -> (descriptor: Int32, endpoint: WatchEndpoint)? {
    with(address, port: 0) { target -> (Int32, WatchEndpoint)? in
      let descriptor = socket(target.ai_family, kind, 0)
      guard descriptor >= 0 else { return nil }
      // Connections on which nothing has been sent wait in the system, not at the watch.
      var patience: Int32 = 3
      setsockopt(
        descriptor, Int32(IPPROTO_TCP), TCP_DEFER_ACCEPT, &patience,
        socklen_t(MemoryLayout<Int32>.size))
      guard bind(descriptor, target.ai_addr, target.ai_addrlen) == 0,
        Glibc.listen(descriptor, SOMAXCONN) == 0, let port = port(of: descriptor)
      else {
        close(descriptor)
        return nil
      }
      return (descriptor, WatchEndpoint(address, port: port))
    }
  }

  /// Connects, waiting at most `patience` milliseconds; nil if that does not succeed.
  static func connect(to endpoint: WatchEndpoint, patience: Int32) -> WatchSocket? {
    with(endpoint.address, port: endpoint.port) { target in
      let descriptor = socket(target.ai_family, kind, 0)
      guard descriptor >= 0 else { return nil }
      let result = WatchSocket(descriptor)
      result.sendAtOnce()
      if Glibc.connect(descriptor, target.ai_addr, target.ai_addrlen) == 0 { return result }
      var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      var error: Int32 = 0
      var size = socklen_t(MemoryLayout<Int32>.size)
      guard errno == EINPROGRESS, Glibc.poll(&poll, 1, patience) == 1,
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0, error == 0
      else { return nil }
      return result
    }
  }

  /// The port that a descriptor is bound to.
  private static func port(of descriptor: Int32) -> UInt16? {
    var storage = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutableBytes(of: &storage) { bytes in
      guard let base = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
        getsockname(descriptor, base, &size) == 0
      else { return nil }
      // The port has the same place in the addresses of both families.
      return UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
    }
  }

  /// Calls `body` with the system's form of an address and a port.
  private static func with<R>(
    _ address: HostAddress, port: UInt16, _ body: (addrinfo) -> R?
  ) -> R? {
    var hints = addrinfo()
    hints.ai_flags = AI_NUMERICHOST
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(address.numeric, "\(port)", &hints, &list) == 0, let target = list?.pointee
    else { return nil }
    defer { freeaddrinfo(list) }
    return body(target)
  }
}
