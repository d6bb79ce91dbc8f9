import Testing

@testable import PACDistributed

/// At which addresses rank 0 listens.
@Suite struct WatchNetworkTests {
  private func addresses(_ texts: String...) -> [HostAddress] {
    texts.compactMap { HostAddress($0) }
  }

  private func chosen(
    _ own: KeyValuePairs<String, String>, others: [[HostAddress]], included: String? = nil,
    excluded: String? = nil
  ) throws -> [String] {
    let own = try own.map {
      HostInterface(name: $0.key, address: try #require(HostAddress($0.value)))
    }
    return WatchNetwork(included: included, excluded: excluded)
      .addresses(own: own, others: others).map(\.text)
  }

  private let own: KeyValuePairs = [
    "eth0": "192.168.7.11/24", "ib0": "10.1.0.3/16", "ib0:v6": "fd00:1::3/64",
    "docker0": "172.17.0.1/16",
  ]

  @Test func theNetworkThatAllShare() throws {
    #expect(
      try chosen(
        own,
        others: [
          addresses("192.168.8.12/24", "10.1.0.4/16", "fd00:1::4/64", "172.17.0.1/16"),
          addresses("10.1.200.4/16", "172.17.0.1/16"),
        ]) == ["10.1.0.3/16"])
    #expect(
      try chosen(own, others: [addresses("192.168.7.12/24", "fd00:1::4/64")])
        == ["192.168.7.11/24", "fd00:1::3/64"])
  }

  /// Bridges for containers have the same address on every machine, and connect none.
  @Test func anAddressThatOthersHaveIsNone() throws {
    #expect(
      try chosen(own, others: [addresses("172.17.0.1/16", "10.2.0.1/16")])
        == ["192.168.7.11/24", "10.1.0.3/16", "fd00:1::3/64"])
  }

  @Test func theUserChooses() throws {
    let others = [addresses("10.1.0.4/16", "172.17.0.1/16")]
    #expect(try chosen(own, others: others, included: "192.168.0.0/16") == ["192.168.7.11/24"])
    #expect(
      try chosen(own, others: others, included: "docker0,eth0")
        == ["192.168.7.11/24", "172.17.0.1/16"])
    #expect(try chosen(own, others: others, included: "eth") == [])
    #expect(
      try chosen(own, others: others, excluded: "127.0.0.1/8,ib0")
        == ["192.168.7.11/24", "fd00:1::3/64"])
  }

  @Test(arguments: [
    "", "10.1.0.3", "10.1.0.3/33", "10.1.0.3/-1", "10.1.0/8", "fe80::/129", "host/8", "/8",
    "10.1.0.3/8/8",
  ])
  func whatIsNoAddress(text: String) { #expect(HostAddress(text) == nil) }

  @Test func networksEndWithinBytes() throws {
    let address = try #require(HostAddress("10.1.128.3/17"))
    #expect(address.sharesNetwork(with: try #require(HostAddress("10.1.255.3/8"))))
    #expect(!address.sharesNetwork(with: try #require(HostAddress("10.1.127.3/8"))))
    #expect(!address.sharesNetwork(with: try #require(HostAddress("fd00::1/8"))))
    let any = try #require(HostAddress("0.0.0.0/0"))
    #expect(any.sharesNetwork(with: address))
  }

  @Test func endpointsAreSentAsText() throws {
    let endpoint = WatchEndpoint(try #require(HostAddress("fd00:1::3/64")), port: 54321)
    #expect(endpoint.text == "fd00:1::3/64 54321")
    #expect(WatchEndpoint(endpoint.text) == endpoint)
    for text in ["", "10.0.0.1/8", "10.0.0.1/8 65536", "10.0.0.1/8 1 2"] {
      #expect(WatchEndpoint(text) == nil)
    }
  }

  /// This machine's own, whatever they are.
  @Test func ownAddressesAreComplete() {
    for interface in HostInterface.all() {
      #expect(!interface.name.isEmpty)
      #expect(interface.address.bytes.first != 127)
      #expect(HostAddress(interface.address.text) == interface.address)
    }
  }
}
