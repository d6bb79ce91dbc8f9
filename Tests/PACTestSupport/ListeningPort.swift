import Foundation

/// A TCP port of IPv4 on which a process waits for connections.
public struct ListeningPort: Sendable, Equatable {
  /// The four bytes of the address; zeros stand for every address of the machine.
  public let address: [UInt8]
  /// The port.
  public let number: UInt16

  /// Those of a process.
  public static func all(of process: Int32) -> [ListeningPort] {
    let folder = "/proc/\(process)/fd"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let targets = Set(
      names.compactMap {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
      })
    let file = FileHandle(forReadingAtPath: "/proc/\(process)/net/tcp")
    let table = String(decoding: (try? file?.readToEnd()) ?? Data(), as: UTF8.self)
    return table.split(separator: "\n").dropFirst().compactMap { line in
      // Number, local address, remote address, state (0A = listening), …, the socket's number.
      let fields = line.split(separator: " ")
      guard fields.count > 9, fields[3] == "0A", targets.contains("socket:[\(fields[9])]") else {
        return nil
      }
      let parts = fields[1].split(separator: ":")
      guard let address = UInt32(parts[0], radix: 16), let number = UInt16(parts[1], radix: 16)
      else {
        return nil
      }
      return ListeningPort(
        address: withUnsafeBytes(of: address.littleEndian) { Array($0) }, number: number)
    }
  }
}
