/// All networks of one task, found by the names that configurations and checkpoints use.
///
/// A name begins with the head of a family, and fields may follow, separated by underscores:
/// `JBU_9_0.5_0.2`.
public struct NetworkCatalog<Network: Sendable & CustomStringConvertible>: Sendable {
  private let families: [NetworkFamily<Network>]

  /// Makes a catalog of families, in the order in which messages list them.
  /// - Precondition: the heads are unique.
  public init(_ families: [NetworkFamily<Network>]) {
    precondition(
      Set(families.map(\.head)).count == families.count, "two families with the same head")
    self.families = families
  }

  /// Every form of a name; {…} stands for a number, and […] is optional.
  public var forms: [String] { families.map(\.form) }

  /// The beginning of every form.
  public var heads: [String] { families.map(\.head) }

  /// Finds a network.
  /// - Throws: `ModelError` if no network has this name.
  public func network(_ name: String) throws(ModelError) -> Network {
    guard let (family, fields) = family(of: name) else {
      throw ModelError("no network '\(name)'; choose one of \(forms.joined(separator: ", "))")
    }
    guard let network = family.read(fields) else {
      throw ModelError("'\(name)' is not of the form \(family.grammar)")
    }
    return network
  }

  /// The error in a name that begins like one of a family but is not valid; nil if it does not
  /// begin like one.
  public func fault(in name: String) -> String? {
    guard family(of: name) != nil else { return nil }
    do throws(ModelError) {
      _ = try network(name)
      return nil
    } catch {
      return error.description
    }
  }

  private func family(
    of name: String
  ) -> (family: NetworkFamily<Network>, fields: [Substring])? {
    let words = name.split(separator: "_", omittingEmptySubsequences: false)
    return families.first { $0.head == words[0] }.map { ($0, Array(words.dropFirst())) }
  }
}

/// Networks whose names begin alike and differ in the fields that follow: one network, possibly
/// with options.
public struct NetworkFamily<Network: Sendable & CustomStringConvertible>: Sendable {
  /// The form of a name, and after a colon an explanation.
  let grammar: String
  /// The network that the fields after the head describe; nil if they are not valid.
  let read: @Sendable ([Substring]) -> Network?

  /// Declares networks with options.
  /// - Parameters:
  ///   - grammar: `HEAD_{a}[_b{c}]: explanation`; {…} stands for a number, […] may be left out.
  ///   - read: makes a network from the fields after the head; nil if they are not valid.
  public init(_ grammar: String, read: @escaping @Sendable ([Substring]) -> Network?) {
    self.grammar = grammar
    self.read = read
  }

  /// Declares a network without options.
  public static func single(_ network: Network) -> NetworkFamily {
    NetworkFamily(network.description) { $0.isEmpty ? network : nil }
  }

  /// The form without the explanation.
  var form: String { String(grammar.prefix { $0 != ":" }) }

  /// The letters and digits at the beginning of every name.
  var head: String { String(grammar.prefix { $0.isLetter || $0.isNumber }) }
}
