import Foundation

/// The processor as /proc/cpuinfo describes it.
struct Processor: Equatable {
  /// The vendor, such as `GenuineIntel`; empty if unknown.
  let vendor: String
  /// The vendor's family number.
  let family: Int
  /// The vendor's model number within the family.
  let model: Int
  /// What the vendor calls it, such as `Intel(R) Xeon(R) Gold 6130`; empty if unknown.
  let modelName: String
  /// The instruction set extensions, such as `avx2`; empty if unknown.
  let features: Set<String>

  /// Parses the description of the first core; all cores are alike.
  init(cpuinfo: String) {
    var fields: [String: String] = [:]
    for line in cpuinfo.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty && !fields.isEmpty { break }
      let parts = line.split(separator: ":", maxSplits: 1).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      if parts.count == 2 { fields[parts[0]] = parts[1] }
    }
    vendor = fields["vendor_id"] ?? ""
    family = fields["cpu family"].flatMap { Int($0) } ?? 0
    model = fields["model"].flatMap { Int($0) } ?? 0
    modelName = fields["model name"] ?? ""
    features = Set((fields["flags"] ?? "").split(separator: " ").map(String.init))
  }

  /// The processor this program runs on.
  static func current() -> Processor {
    Processor(cpuinfo: (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "")
  }

  /// The vendor, family and model, such as `GenuineIntel family 6 model 143`.
  var type: String { "\(vendor.isEmpty ? "unknown" : vendor) family \(family) model \(model)" }

  /// The vendor's name and the type.
  var name: String { modelName.isEmpty ? type : "\(modelName) (\(type))" }

  /// The kernels that OpenBLAS should use instead of those of `chosen`; nil if it chose well.
  ///
  /// Debian's OpenBLAS 0.3.21 takes newer Intel processors for Haswell and leaves their AVX-512
  /// units idle, which would also halve the speed of AMD's Zen 5. Zen 4, whose units are half as
  /// wide, is faster with Haswell's AVX2 kernels. Measured in
  /// docs/decisions/0003-process-environment.md.
  func openBLASCore(insteadOf chosen: String) -> String? {
    let wide: Set<String> = ["avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"]
    guard features.isSuperset(of: wide) else { return nil }
    switch (vendor, family) {
    case ("GenuineIntel", _), ("AuthenticAMD", 0x1a):
      return ["SkylakeX", "Cooperlake", "SapphireRapids"].contains(chosen) ? nil : "SkylakeX"
    case ("AuthenticAMD", 0x19):
      return chosen == "Haswell" ? nil : "Haswell"
    default:
      return nil
    }
  }

  /// Checks that this processor has the instruction sets that the kernels were compiled for.
  /// - Parameter instructions: their names as in `features`, separated by spaces.
  /// - Throws: `ProcessSetupError.otherProcessor` if some are missing.
  func check(compiledFor instructions: String) throws {
    let missing = instructions.split(separator: " ").filter { !features.contains(String($0)) }
    guard !missing.isEmpty, !features.isEmpty else { return }
    throw ProcessSetupError.otherProcessor(missing: missing.map(String.init))
  }
}
