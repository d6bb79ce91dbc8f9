import Foundation

/// Runs Python programs that check our files with h5py and NumPy.
public enum Python {
  /// An interpreter with h5py: the one named by `PAC_TEST_PYTHON`, else `python3`; nil if neither
  /// has it.
  public static let interpreter: String? = {
    let named = ProcessInfo.processInfo.environment["PAC_TEST_PYTHON"]
    return [named, "python3"].compactMap { $0 }.first { candidate in
      (try? run(candidate, ["-c", "import h5py"], timeout: 60))?.status == 0
    }
  }()

  /// Whether the interpreter has a module.
  public static func has(_ module: String) -> Bool {
    guard let interpreter else { return false }
    return (try? run(interpreter, ["-c", "import \(module)"], timeout: 60))?.status == 0
  }

  /// What a program prints, without the space around it.
  public static func output(_ program: String, _ arguments: String...) throws -> String {
    let arguments = ["-c", program] + arguments
    let result = try run(interpreter ?? "python3", arguments, timeout: 60)
    guard result.status == 0 else { throw TestSupportError(description: result.errors) }
    return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
