import Foundation

/// Sizes in memory and on disk as text.
package enum ByteCount {
  /// `512 bytes`, `1.2 MB`.
  package static func text(_ bytes: Int) -> String {
    let units = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)]
    guard let unit = units.first(where: { Double(bytes) >= $0.1 }) else { return "\(bytes) bytes" }
    return String(format: "%.1f ", Double(bytes) / unit.1) + unit.0
  }
}
