import PACAutograd
import PACFiles
import PACTensors
import PACText

/// How the tensors of a file match a network's parameters, by name and shape.
public struct ParameterMatch {
  /// The prefix of the file's names, such as `module.`, which programs put before all names of a
  /// network that they wrap; usually empty.
  public let prefix: String
  /// The file's name of each parameter that it holds in the right shape, by the network's name.
  public let sources: [String: String]
  /// The constants that the file holds, with the file's name of each.
  public let constants: [(constant: PublishedNames.Constant, source: String)]
  private let wantedCount: Int
  private let taken: [String]
  private let misshapen: [String]
  private let missing: [String]
  private let unexpected: [String]

  /// Compares names and shapes.
  /// - Parameters:
  ///   - found: the file's tensors.
  ///   - expected: the network's parameters.
  ///   - names: their published names; the file may have these or the network's own.
  ///   - otherName: an alternative name of a parameter or constant in the file.
  public init(
    _ found: [(name: String, shape: Shape)], to expected: [(name: String, shape: Shape)],
    names: PublishedNames = .own, otherName: (String) -> String? = { _ in nil }
  ) {
    func choices(_ name: String) -> [String] {
      [name, otherName(name)].compactMap { $0 }.flatMap { [$0, names.published($0)] }
    }
    let wanted = expected.map { choices($0.name) }
    let allowed = names.constants.map { choices($0.name) }
    let prefix = Self.prefix(
      of: found.map(\.name), to: Set(wanted.joined()).union(allowed.joined()))
    let shapes = Dictionary(found.map { ($0.name, $0.shape) }) { first, _ in first }
    func source(_ choices: [String]) -> String? {
      choices.lazy.map { prefix + $0 }.first { shapes[$0] != nil }
    }
    let constants = zip(names.constants, allowed).compactMap { constant, choices in
      source(choices).map { (constant: constant, source: $0) }
    }
    let matched = wanted.map(source)
    let used = Set(matched.compactMap { $0 } + constants.map(\.source))
    let unexpected = found.filter { !used.contains($0.name) }
    var (sources, missing): ([String: String], [String]) = ([:], [])
    var misshapen = constants.filter { $0.constant.isUsed && shapes[$0.source]?.count != 1 }
      .map { "\($0.constant.name): expected [], found \(shapes[$0.source] ?? [])" }
    let candidates = Self.candidates(unexpected.map(\.name))
    for ((name, shape), source) in zip(expected, matched) {
      if let source, let other = shapes[source] {
        let fits = other == shape || names.matrices.contains(name) && other == shape.asMatrix
        sources[name] = fits ? source : nil
        if !fits { misshapen.append("\(name): expected \(shape), found \(other)") }
      } else {
        let near =
          missing.count < Self.mostListed ? NearestWord.guess(for: name, among: candidates) : nil
        missing.append("\(name) \(shape)" + (near.map { " (is it \(shown($0))?)" } ?? ""))
      }
    }
    self.prefix = prefix
    self.sources = sources
    self.constants = constants
    self.wantedCount = expected.count
    self.taken = expected.map(\.name).filter { sources[$0] != nil }
    self.misshapen = misshapen
    self.missing = missing
    self.unexpected = unexpected.map { "\(shown($0.name)) \($0.shape)" }
  }

  /// The differences: parameters of another shape, missing ones, and tensors that are not expected.
  /// - Parameters:
  ///   - allowingMissing: whether the file may lack parameters.
  ///   - allowingOthers: whether the file may hold other tensors.
  /// - Returns: a line for each kind of difference; empty if everything matches.
  public func differences(
    allowingMissing: Bool = false, allowingOthers: Bool = false
  ) -> [String] {
    Self.group("of another shape", misshapen)
      + (allowingMissing ? [] : Self.group("missing", missing))
      + (allowingOthers ? [] : Self.group("not expected", unexpected))
  }

  /// What a network takes if only a part of the file fits, and what it does not take and why.
  /// - Returns: a line for each, empty kinds left out.
  public func report() -> [String] {
    Self.group("taken, \(taken.count) of \(wantedCount) parameters", taken)
      + Self.group("not taken, of another shape", misshapen)
      + Self.group("not in the file, initial values kept", missing)
      + Self.group("not taken, unknown to the network", unexpected)
  }

  /// How many differences of a kind are named.
  private static var mostListed: Int { 4 }

  /// The file's names among which a misspelled one is sought: comparing takes time for each pair of
  /// letters, and no name of a parameter is long.
  private static func candidates(_ names: [String]) -> [String] {
    Array(names.lazy.filter { $0.utf8.count <= 200 }.prefix(1000))
  }

  /// `missing: a [3], b [4] and 2 more`.
  private static func group(_ title: String, _ texts: [String]) -> [String] {
    guard !texts.isEmpty else { return [] }
    let rest = texts.count > mostListed ? " and \(texts.count - mostListed) more" : ""
    return ["\(title): \(texts.prefix(mostListed).joined(separator: ", "))\(rest)"]
  }

  /// The prefix, empty or ending with a dot, behind which most of the file's names are wanted.
  private static func prefix(of found: [String], to wanted: Set<String>) -> String {
    var counts = ["": found.count { wanted.contains($0) }]
    let lengths = Set(wanted.map(\.utf8.count))
    for name in found {
      let bytes = name.utf8
      for length in lengths where length < bytes.count {
        let rest = bytes.index(bytes.endIndex, offsetBy: -length)
        guard bytes[bytes.index(before: rest)] == UInt8(ascii: "."),
          let end = String(bytes[rest...]), wanted.contains(end)
        else { continue }
        counts[String(name[..<rest]), default: 0] += 1
      }
    }
    // The shortest of equals, and the first by the alphabet, so that the choice never varies.
    let best = counts.min {
      ($1.value, $0.key.count, $0.key) < ($0.value, $1.key.count, $1.key)
    }
    return best?.key ?? ""
  }
}

extension Shape {
  /// [O, I · h · w] of a convolution's weight [O, I, h, w].
  fileprivate var asMatrix: Shape? {
    guard rank == 4 else { return nil }
    return Shape([dimensions[0], dimensions[1...].reduce(1, *)])
  }
}
