/// A port that rank 0's watch listens on, as the other ranks are told.
struct WatchEndpoint: Sendable, Equatable {
  let address: HostAddress
  let port: UInt16

  init(_ address: HostAddress, port: UInt16) {
    self.address = address
    self.port = port
  }

  /// Parses `text`; nil if it is not one.
  init?(_ text: some StringProtocol) {
    let words = text.split(separator: " ")
    guard words.count == 2, let address = HostAddress(words[0]), let port = UInt16(words[1]) else {
      return nil
    }
    self.init(address, port: port)
  }

  /// Address and port, separated by a space.
  var text: String { "\(address.text) \(port)" }
}
