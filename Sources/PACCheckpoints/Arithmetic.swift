/// What determines a rank's rounding besides the configuration.
///
/// Results are bitwise reproducible only if it is unchanged: libraries split sums by thread and
/// choose kernels by processor.
public struct Arithmetic: Sendable, Equatable, CustomStringConvertible {
  /// The threads of each rank.
  public var threads: Int
  /// The processor type, such as `AuthenticAMD family 26 model 2`.
  public var processor: String
  /// The kernels that OpenBLAS chose, and the instruction sets that our own were compiled for, such
  /// as `SkylakeX avx2 fma`.
  public var instructionSet: String

  /// Describes what a rank computes with.
  public init(threads: Int, processor: String, instructionSet: String) {
    self.threads = threads
    self.processor = processor
    self.instructionSet = instructionSet
  }

  /// A short form without the list of instruction sets.
  public var description: String {
    "\(threads) thread\(threads == 1 ? "" : "s") per rank, \(processor), OpenBLAS \(kernels)"
  }

  private var kernels: Substring { instructionSet.prefix { $0 != " " } }

  /// The differences, such as `2 threads per rank instead of 1`; empty if there are none.
  public func differences(from other: Arithmetic) -> [String] {
    var found: [String] = []
    if threads != other.threads {
      found.append("\(threads) threads per rank instead of \(other.threads)")
    }
    if processor != other.processor { found.append("\(processor) instead of \(other.processor)") }
    guard instructionSet != other.instructionSet else { return found }
    found.append(
      kernels == other.kernels
        ? "kernels built for another processor"
        : "OpenBLAS kernels for \(kernels) instead of \(other.kernels)")
    return found
  }

  /// The warning for a run that is resumed with this after `earlier`; nil if it stays bitwise
  /// reproducible.
  public func warning(continuing path: String, after earlier: Arithmetic?) -> String? {
    let found = earlier.map(differences) ?? []
    guard !found.isEmpty else { return nil }
    return
      "\(path) was computed differently (now \(found.joined(separator: ", "))): "
      + "the run will not be bitwise identical to an uninterrupted one"
      + (threads == earlier?.threads ? "" : "; set OMP_NUM_THREADS as before to keep the bits")
  }
}
