/// What, besides the configuration, decides the last bits of what a rank computes.
///
/// Libraries divide sums among threads, and choose their kernels for the processor at hand.
public struct Arithmetic: Sendable, Equatable, CustomStringConvertible {
  /// Threads of each rank.
  public var threads: Int
  /// The type of processor, as `AuthenticAMD family 26 model 2`.
  public var processor: String
  /// OpenBLAS's choice of kernels, and the instruction sets that our own were compiled for, as `SkylakeX avx2 fma`.
  public var instructionSet: String

  /// Describes what a rank computes with.
  public init(threads: Int, processor: String, instructionSet: String) {
    self.threads = threads
    self.processor = processor
    self.instructionSet = instructionSet
  }

  /// For people, without the long list of instruction sets.
  public var description: String {
    "\(threads) thread\(threads == 1 ? "" : "s") a rank, \(processor), OpenBLAS \(kernels)"
  }

  private var kernels: Substring { instructionSet.prefix { $0 != " " } }

  /// What is different here, as `2 threads a rank instead of 1`; empty if nothing is.
  public func differences(from other: Arithmetic) -> [String] {
    var found: [String] = []
    if threads != other.threads {
      found.append("\(threads) threads a rank instead of \(other.threads)")
    }
    if processor != other.processor { found.append("\(processor) instead of \(other.processor)") }
    guard instructionSet != other.instructionSet else { return found }
    found.append(
      kernels == other.kernels
        ? "kernels built for another processor"
        : "OpenBLAS kernels for \(kernels) instead of \(other.kernels)")
    return found
  }

  /// What to tell the user about a run that goes on with this after `earlier`; nil if it keeps the bits.
  public func warning(continuing path: String, after earlier: Arithmetic?) -> String? {
    let found = earlier.map(differences) ?? []
    guard !found.isEmpty else { return nil }
    return
      "\(path) was computed otherwise (now \(found.joined(separator: ", "))): the last bits will not be those of a "
      + "run without interruption\(threads == earlier?.threads ? "" : "; set OMP_NUM_THREADS as before to keep them")"
  }
}
