import Foundation

/// The slots of hosts, one for each rank that may run at the same time.
public struct Slots: Sendable, Equatable {
  /// Slots of one host.
  public struct Host: Sendable, Equatable {
    /// The host's name as the hostfile spells it.
    public let name: String
    /// The number of its slots.
    public var count: Int
  }

  /// The hosts with their free slots.
  public private(set) var hosts: [Host]
  /// Whether they come from a hostfile; otherwise they are all on this host.
  public let isFromHostfile: Bool

  /// Slots of this host.
  public init(onThisHost count: Int) {
    hosts = [Host(name: "localhost", count: count)]
    isFromHostfile = false
  }

  /// The slots of Open MPI's hostfile: lines `HOST slots=N`, one slot without `slots=`, comments
  /// after `#`; a host in several lines has the slots of all of them.
  /// - Parameters:
  ///   - text: the contents of the file.
  ///   - file: its path, for messages.
  /// - Throws: `ReproductionError` if there is no slot.
  public init(hostfile text: String, file: String) throws {
    var hosts: [Host] = []
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.prefix { $0 != "#" }
      guard let name = words.split(whereSeparator: \.isWhitespace).first else { continue }
      let given = words.firstMatch(of: /\sslots *= *([0-9]+)/).flatMap { Int($0.1) } ?? 1
      if let known = hosts.firstIndex(where: { $0.name == name }) {
        hosts[known].count += given
      } else {
        hosts.append(Host(name: String(name), count: given))
      }
    }
    self.hosts = hosts
    isFromHostfile = true
    guard count > 0 else {
      throw ReproductionError("\(file): no slots; write lines such as node-1 slots=2")
    }
  }

  /// The number of free slots.
  public var count: Int { hosts.reduce(0) { $0 + $1.count } }

  /// How many jobs of `ranks` ranks run at the same time.
  public func jobs(of ranks: Int) -> Int { count / ranks }

  /// Takes slots: all on one host if there is one with enough, otherwise the first free ones.
  /// - Returns: the slots; nil if there are not enough.
  mutating func take(_ ranks: Int) -> [Host]? {
    guard count >= ranks else { return nil }
    let whole = hosts.indices.filter { hosts[$0].count >= ranks }
    // The fullest that fits, so that gaps stay together.
    if let best = whole.min(by: { hosts[$0].count < hosts[$1].count }) {
      hosts[best].count -= ranks
      return [Host(name: hosts[best].name, count: ranks)]
    }
    var (taken, left) = ([Host](), ranks)
    for place in hosts.indices where hosts[place].count > 0 && left > 0 {
      let part = min(left, hosts[place].count)
      hosts[place].count -= part
      left -= part
      taken.append(Host(name: hosts[place].name, count: part))
    }
    return taken
  }

  /// Gives slots back.
  mutating func giveBack(_ taken: [Host]) {
    for share in taken {
      if let place = hosts.firstIndex(where: { $0.name == share.name }) {
        hosts[place].count += share.count
      }
    }
  }
}
