import Foundation
import PACKernels
import PACTestSupport
import Testing

@testable import PACCommandLineTool

@Suite struct ProcessorTests {
  private static let avx512 = "avx2 fma avx512f avx512dq avx512cd avx512bw avx512vl"

  private func processor(_ vendor: String, _ family: Int, _ flags: String) -> Processor {
    Processor(
      cpuinfo: """
        processor\t: 0
        vendor_id\t: \(vendor)
        cpu family\t: \(family)
        model\t\t: 143
        flags\t\t: \(flags)
        bugs\t\t: spectre_v1

        processor\t: 1
        vendor_id\t: SecondCore
        """)
  }

  @Test func readsTheFirstCore() {
    let read = processor("GenuineIntel", 6, "fpu avx2 fma")
    #expect(read.vendor == "GenuineIntel" && read.family == 6)
    #expect(read.features == ["fpu", "avx2", "fma"])
    #expect(Processor(cpuinfo: "").features.isEmpty)
  }

  @Test(arguments: [
    // Sapphire Rapids, which OpenBLAS 0.3.21 does not know.
    ("GenuineIntel", 6, avx512 + " avx512_bf16 amx_tile", "Haswell", "SkylakeX"),
    ("GenuineIntel", 6, avx512, "SkylakeX", nil),
    ("GenuineIntel", 6, avx512, "Cooperlake", nil),
    // No AVX-512, or Knights Landing's part of it.
    ("GenuineIntel", 6, "avx2 fma", "Haswell", nil),
    ("GenuineIntel", 6, "avx2 fma avx512f avx512cd avx512er", "Haswell", nil),
    // Zen 4, Zen 3, Zen 5.
    ("AuthenticAMD", 25, avx512 + " avx512_bf16", "Cooperlake", "Haswell"),
    ("AuthenticAMD", 25, avx512 + " avx512_bf16", "Haswell", nil),
    ("AuthenticAMD", 25, "avx2 fma", "Zen", nil),
    ("AuthenticAMD", 26, avx512, "Cooperlake", nil),
    ("AuthenticAMD", 26, avx512, "Zen", "SkylakeX"),
    ("", 0, "", "Armv8", nil),
  ])
  func choosesOpenBLASKernels(
    vendor: String, family: Int, flags: String, chosen: String, expected: String?
  ) {
    #expect(processor(vendor, family, flags).openBLASCore(insteadOf: chosen) == expected)
  }

  @Test func refusesAProcessorWithFewerInstructions() throws {
    let small = processor("GenuineIntel", 6, "avx avx2 fma")
    try small.check(compiledFor: "avx2 fma ")
    #expect {
      try small.check(compiledFor: "avx2 fma avx512f avx512bw ")
    } throws: {
      "\($0)" == "this program was built for another processor: this one has no avx512f, avx512bw; "
        + "build it here (swift package clean, then Launch/run), or for all hosts with PAC_MARCH, "
        + "see docs/running.md"
    }
    // Where the system does not say, it is not checked.
    try Processor(cpuinfo: "").check(compiledFor: "avx2")
  }

  /// As if this were a processor without any extension.
  @Test(
    .enabled(if: canDescribeAnother, "needs root and namespaces"),
    arguments: [
      ["prepare", "synthetic", "--out", "/dev/null/x"], ["inspect", "x"],
      ["weights", "convert", "x", "y"],
      ["verify", "x"], ["bench", "upsample8"], ["bench", "step"], ["bench", "allreduce"],
      ["train", "x"], ["evaluate", "x"], ["predict", "x", "--out", "y"],
    ])
  func everyCommandSaysSo(arguments: [String]) throws {
    let compiled = String(cString: InstructionSet.compiledFor()).split(separator: " ")
    try #require(!compiled.isEmpty)
    let folder = try TemporaryFolder()
    let description = try folder.write(
      Data("processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu\n".utf8), as: "cpuinfo")
    let result = try run(
      "unshare",
      ["--mount", "sh", "-c", "mount --bind \"$0\" /proc/cpuinfo && exec \"$@\"", description]
        + [try product("pac").path] + arguments, timeout: 30)
    #expect(result.status == 1, "\(result)")
    #expect(result.output.isEmpty && result.errors.count { $0 == "\n" } == 1, "\(result)")
    #expect(
      result.errors.hasPrefix(
        "error: this program was built for another processor: this one has no \(compiled[0])"),
      "\(result)")
  }

  @Test func theKernelsWereBuiltForThisProcessor() throws {
    let compiled = String(cString: InstructionSet.compiledFor())
    let here = Processor.current()
    try here.check(compiledFor: compiled)
    // The names are spelled as in /proc/cpuinfo, else a lack would go unnoticed.
    let known = Set(compiled.split(separator: " ").map(String.init))
    for feature in ["avx2", "fma", "avx512f", "avx512vl", "avx512_vnni", "avx512_bf16"] {
      #expect(known.contains(feature) == here.features.contains(feature), "\(feature)")
    }
  }
}

/// Whether a process here can be shown another /proc/cpuinfo.
private let canDescribeAnother =
  (try? run(
    "unshare", ["--mount", "sh", "-c", "mount --bind /dev/null /proc/cpuinfo"], timeout: 10))?
  .status == 0
