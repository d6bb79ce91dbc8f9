import Foundation
import PACFiles

/// The most resident memory that this process has had at a time.
enum PeakMemory {
  /// Bytes, since the start or the last `reset()`; 0 if the system does not say.
  static var bytes: Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap {
      Int($0)
    }
    return (kilobytes ?? 0) << 10
  }

  /// Begins anew; where the system refuses, the peak since the start remains.
  static func reset() {
    try? SystemFile("/proc/self/clear_refs", for: .appending).write(Array("5".utf8))
  }
}
