import Foundation
import Synchronization

/// Connections to a port of this machine that a stranger would make, until it is told to stop; each
/// kind has a thread and holds up to 200 connections.
public final class Flood: Sendable {
  /// What a stranger does with a connection.
  public enum Kind: CaseIterable, Sendable {
    /// Sends nothing.
    case silent
    /// Sends bytes of another protocol, and more of them.
    case rubbish
    /// Sends one byte after the other.
    case slow
    /// Closes one direction, or resets the connection.
    case halfOpen
  }

  private let port: UInt16
  private let made = Atomic(0)
  private let stopping = Atomic(false)
  private let ended = DispatchSemaphore(value: 0)

  /// Starts to flood a port at 127.0.0.1.
  public init(port: UInt16) {
    self.port = port
    for kind in Kind.allCases {
      Thread.detachNewThread { [self] in
        run(kind)
        ended.signal()
      }
    }
  }

  /// How many connections were made.
  public var count: Int { made.load(ordering: .relaxed) }

  /// Ends all connections and waits for the threads.
  public func stop() {
    stopping.store(true, ordering: .relaxed)
    for _ in Kind.allCases { ended.wait() }
  }

  private func run(_ kind: Kind) {
    var held: [Int32] = []
    while !stopping.load(ordering: .relaxed) {
      if held.count == 200 { close(held.removeFirst()) }
      let descriptor = socket(
        AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
      guard descriptor >= 0 else { continue }
      held.append(descriptor)
      if connect(descriptor) { made.add(1, ordering: .relaxed) }
      act(kind, descriptor, among: held)
    }
    for descriptor in held { close(descriptor) }
  }

  /// Connects, waiting a tenth of a second at most.
  private func connect(_ descriptor: Int32) -> Bool {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isConnected = withUnsafeBytes(of: &address) { bytes in
      bytes.baseAddress.map {
        Glibc.connect(descriptor, $0.assumingMemoryBound(to: sockaddr.self), size) == 0
      } ?? false
    }
    var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return isConnected
      || errno == EINPROGRESS && Glibc.poll(&poll, 1, 100) == 1 && Int32(poll.revents) == POLLOUT
  }

  private func act(_ kind: Kind, _ descriptor: Int32, among held: [Int32]) {
    let rubbish = [UInt8](repeating: 0x47, count: 4096)
    let send = { (descriptor: Int32, count: Int) in
      _ = Glibc.send(descriptor, rubbish, count, Int32(MSG_NOSIGNAL))
    }
    switch kind {
    case .silent: break
    case .rubbish: send(descriptor, [32, 48, 4096].randomElement() ?? 32)
    case .slow: for descriptor in held.suffix(40) { send(descriptor, 1) }
    case .halfOpen:
      if Bool.random() {
        shutdown(descriptor, Int32(SHUT_WR))
      } else {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
      }
    }
  }
}
