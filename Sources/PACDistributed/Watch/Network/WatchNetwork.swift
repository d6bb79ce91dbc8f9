/// Decides at which addresses of its machine rank 0's watch listens.
struct WatchNetwork {
  /// The interfaces to use (`OMPI_MCA_btl_tcp_if_include`), names and networks with commas between
  /// them; nil = any.
  let included: String?
  /// The interfaces not to use (`OMPI_MCA_btl_tcp_if_exclude`).
  let excluded: String?

  /// The networks that the job's machines share.
  ///
  /// Without a choice of the user these are the addresses in whose network every other machine has
  /// one, too. An address that another machine also has, such as that of a bridge for containers,
  /// leads there and not to rank 0. If the machines share no network, they are connected by
  /// routers, and any other address may be the one.
  /// - Parameters:
  ///   - own: the interfaces of rank 0's machine.
  ///   - others: the addresses of each other machine.
  /// - Returns: some of the addresses of `own`; none if the user names an interface that is not there.
  func addresses(own: [HostInterface], others: [[HostAddress]]) -> [HostAddress] {
    let elsewhere = Set(others.joined().map(\.bytes))
    let usable = own.filter { interface in
      if let included { return Self.names(included, interface) }
      let isExcluded = excluded.map { Self.names($0, interface) } ?? false
      return !isExcluded && !elsewhere.contains(interface.address.bytes)
    }.map(\.address)
    guard included == nil else { return usable }
    let shared = usable.filter { address in
      others.allSatisfy { $0.contains(where: address.sharesNetwork) }
    }
    return shared.isEmpty ? usable : shared
  }

  /// Whether Open MPI's list names the interface, or a network that it belongs to.
  private static func names(_ list: String, _ interface: HostInterface) -> Bool {
    list.split(separator: ",").contains { item in
      guard let network = HostAddress(item) else { return item == interface.name }
      return network.sharesNetwork(with: interface.address)
    }
  }
}
