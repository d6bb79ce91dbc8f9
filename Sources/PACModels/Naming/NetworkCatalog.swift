/// All networks of one task, found by the names that configurations and checkpoints use.
///
/// A name begins with the head of a family; fields may follow, each behind an underscore:
/// `JBU_9_0.5_0.2`.
public struct NetworkCatalog<Network: Sendable & CustomStringConvertible>: Sendable {
  private let families: [NetworkFamily<Network>]

  /// Lists families in the order in which messages name them.
  /// - Precondition: their heads differ.
  public init(_ families: [NetworkFamily<Network>]) {
    precondition(
      Set(families.map(\.head)).count == families.count, "two families with one head")
    self.families = families
  }

  /// Every form of a name; {…} stands for a number, […] may be left out.
  public var forms: [String] { families.map(\.form) }

  /// What every form begins with.
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

  /// What is wrong with a name that begins as one of a family but is none; nil if it does not begin
  /// so.
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

/// Networks whose names begin alike and differ in the fields behind: one network, or one with
/// options.
public struct NetworkFamily<Network: Sendable & CustomStringConvertible>: Sendable {
  /// The form of a name, and behind a colon an explanation.
  let grammar: String
  /// The network that the fields behind the head describe; nil if they describe none.
  let read: @Sendable ([Substring]) -> Network?

  /// Declares networks with options.
  /// - Parameters:
  ///   - grammar: `HEAD_{a}[_b{c}]: explanation`; {…} stands for a number, […] may be left out.
  ///   - read: makes a network of the fields behind the head; nil if they are none of its own.
  public init(_ grammar: String, read: @escaping @Sendable ([Substring]) -> Network?) {
    self.grammar = grammar
    self.read = read
  }

  /// Declares a network without options.
  public static func single(_ network: Network) -> NetworkFamily {
    NetworkFamily(network.description) { $0.isEmpty ? network : nil }
  }

  /// What stands before the explanation.
  var form: String { String(grammar.prefix { $0 != ":" }) }

  /// The letters and digits that every name begins with.
  var head: String { String(grammar.prefix { $0.isLetter || $0.isNumber }) }
}
