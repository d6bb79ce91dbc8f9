/// The address of rank 0's watch, which is broadcast as a string.
struct WatchAddress {
  /// A secret that only processes of this job know.
  let token: UInt64
  /// The port that rank 0 listens on; 0 if it could not open one.
  let port: UInt16
  /// The numeric addresses of its machine.
  let addresses: [String]

  /// Makes the address of this process, with a new token.
  /// - Parameter port: the port it listens on, nil if none.
  init(listeningAt port: UInt16?) {
    token = UInt64.random(in: 1...UInt64.max)
    self.port = port ?? 0
    addresses = port == nil ? [] : WatchSocket.ownAddresses()
  }

  /// Parses the string from rank 0.
  init(_ text: String) {
    let fields = text.split(separator: " ").map(String.init)
    token = fields.first.flatMap(UInt64.init) ?? 0
    port = fields.dropFirst().first.flatMap(UInt16.init) ?? 0
    addresses = Array(fields.dropFirst(2))
  }

  /// The fields, separated by spaces.
  var text: String { (["\(token)", "\(port)"] + addresses).joined(separator: " ") }
}
