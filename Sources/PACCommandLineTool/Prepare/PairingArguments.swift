import ArgumentParser
import PACData

/// The options of preparations that pair the files of two folders.
struct PairingArguments: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      """
      How names correspond: the pattern of the images and that of the ground truth, such as \
      'rgb_{id}.png' 'depth_{id}.png'. Names in braces stand for what both share, * for anything, \
      / leads into folders, and {split} names the split (default: equal names or numbers).
      """, valueName: "patterns"))
  var match: [String] = []

  @Option(
    name: .customLong("list"),
    help: ArgumentHelp(
      """
      A split given by a text file of image names or paths, one a line, such as train=train.txt; \
      may be repeated. Images on no list are left out.
      """, valueName: "name=file"))
  var lists: [String] = []

  @Flag(help: "Leave out files without a partner.")
  var skipUnmatched = false

  func validate() throws {
    guard match.isEmpty || match.count == 2 else {
      throw ValidationError(
        "--match expects two patterns, of the images and of the ground truth, not \(match.count)")
    }
    _ = try listFiles(lists)
    if !lists.isEmpty, namesSplits {
      throw ValidationError("Both --list and {split} in --match are given, leave one out")
    }
  }

  /// Whether `{split}` in the patterns names the splits.
  private var namesSplits: Bool { match.contains { $0.contains("{split}") } }

  /// Refuses a number of samples to hold out where something else decides.
  /// - Parameters:
  ///   - count: the number and the name of its option.
  ///   - ratio: the fraction and the name of its option.
  /// - Throws: `ValidationError` naming the options that exclude each other.
  func validate(count: (name: String, value: Int?), ratio: (name: String, value: Double?)) throws {
    let given = [(count.name, count.value != nil), (ratio.name, ratio.value != nil)]
      .filter(\.1).map(\.0)
    if given.count == 2 {
      throw ValidationError("Both \(given[0]) and \(given[1]) are given, leave one out")
    }
    if let option = given.first, !lists.isEmpty || namesSplits {
      throw ValidationError(
        "\(option) has no effect, since \(lists.isEmpty ? "{split}" : "--list") names the splits; "
          + "leave it out")
    }
  }

  /// The same for the library.
  func options() throws -> PairingOptions {
    PairingOptions(
      match: match.isEmpty ? nil : try NamePatterns(image: match[0], truth: match[1]),
      lists: try listFiles(lists), skipsUnmatched: skipUnmatched)
  }
}
