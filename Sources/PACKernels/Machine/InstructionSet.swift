import CPACPlatform

/// The instruction set extensions that this module may use, because the processor that built it has
/// them.
public enum InstructionSet {
  /// Their names as /proc/cpuinfo spells them, separated by spaces; a C string of static lifetime.
  ///
  /// Neither a `String` nor inlined: on a processor that lacks some of them this one function must
  /// run without any, and in another module the compiler's answer would be a different one.
  @inline(never)
  public static func compiledFor() -> UnsafePointer<CChar> { pac_compiled_instruction_sets() }
}
