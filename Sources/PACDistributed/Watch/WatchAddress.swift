/// Where the other ranks' watches reach that of rank 0; it travels as a text, by a broadcast.
struct WatchAddress {
  /// What only processes of this job know.
  let token: UInt64
  /// The port rank 0 listens at; 0 if it could open none.
  let port: UInt16
  /// The numeric addresses of its machine.
  let addresses: [String]

  /// The address of this process, with a new token.
  /// - Parameter port: the port it listens at, nil if it does not.
  init(listeningAt port: UInt16?) {
    token = UInt64.random(in: 1...UInt64.max)
    self.port = port ?? 0
    addresses = port == nil ? [] : WatchSocket.ownAddresses()
  }

  /// What rank 0 has sent.
  init(_ text: String) {
    let fields = text.split(separator: " ").map(String.init)
    token = fields.first.flatMap(UInt64.init) ?? 0
    port = fields.dropFirst().first.flatMap(UInt16.init) ?? 0
    addresses = Array(fields.dropFirst(2))
  }

  /// The fields, separated by spaces.
  var text: String { (["\(token)", "\(port)"] + addresses).joined(separator: " ") }
}
