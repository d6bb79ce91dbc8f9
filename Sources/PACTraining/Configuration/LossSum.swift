import Foundation
import PACConfiguration
import PACFiles
import PACText

/// A loss, or a sum of losses with weights: `ce`, `[ce, 0.5 dice]`.
public struct LossSum<Loss: RawRepresentable<String> & Hashable & Sendable>: Hashable, Sendable {
  /// A loss and its weight.
  public struct Term: Hashable, Sendable {
    /// The number, above 0, by which the loss is multiplied.
    public let weight: Double
    /// The loss.
    public let loss: Loss
  }

  /// The terms in the order in which they are added; at least one.
  public private(set) var terms: [Term]

  /// One loss alone.
  public init(_ loss: Loss) { terms = [Term(weight: 1, loss: loss)] }

  /// How configurations write it.
  /// - Parameters:
  ///   - allowed: the names of the losses as text, to follow "expected".
  ///   - choices: names to suggest for a misspelled one.
  /// - Returns: the kind of value.
  public static func kind(
    allowed: String, choices: [String]
  ) -> ConfigurationKind<LossSum> {
    ConfigurationKind(
      allowed: "\(allowed), or a sum with weights such as [\(choices[0]), 0.5 \(choices[1])]",
      choices: choices,
      read: { (value: ConfigurationValue, place: String) throws(ConfigurationError) -> LossSum? in
        guard let items = value.items ?? value.text.map({ [.override($0)] }), !items.isEmpty
        else { return nil }
        var sum: LossSum?
        for item in items {
          guard let text = item.text else { return nil }
          guard let term = Term(text) else {
            throw ConfigurationError(
              place: place, problem: fault(of: text, allowed, choices))
          }
          guard sum?.terms.allSatisfy({ $0.loss != term.loss }) ?? true else {
            throw ConfigurationError(
              place: place,
              problem: "loss: \(term.loss.rawValue) is given twice; give it once with a weight")
          }
          sum = LossSum((sum?.terms ?? []) + [term])
        }
        return sum
      }, format: { $0.text })
  }

  private init(_ terms: [Term]) { self.terms = terms }

  private var text: String {
    let texts = terms.map { $0.weight == 1 ? $0.loss.rawValue : "\($0.weight) \($0.loss.rawValue)" }
    return texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
  }

  private static func fault(of text: String, _ allowed: String, _ choices: [String]) -> String {
    let name = String(text.split(separator: " ").last ?? "")
    // An underscore separates a loss from its number.
    let guess = [name, String(name.prefix { $0 != "_" })].lazy
      .compactMap { NearestWord.guess(for: $0, among: choices) }.first
    let problem = "loss: expected \(allowed), found '\(shown(text))'"
    return guess.map { "\(problem); did you mean '\($0)'?" } ?? problem
  }
}

extension LossSum.Term {
  /// Parses `dice` or `0.5 dice`; nil if there is no such loss or the weight is not above 0.
  fileprivate init?(_ text: String) {
    let words = text.split(separator: " ")
    guard let name = words.last, words.count <= 2, let loss = Loss(rawValue: String(name)) else {
      return nil
    }
    self.loss = loss
    guard words.count == 2 else {
      weight = 1
      return
    }
    guard let weight = positiveNumber(words[0]) else { return nil }
    self.weight = weight
  }
}

/// A finite number above 0 and of at most a thousand million in decimal digits.
private func positiveNumber(_ text: some StringProtocol) -> Double? {
  guard text.allSatisfy({ "0123456789.eE+-".contains($0) }), let number = Double(text), number > 0,
    number <= 1e9
  else { return nil }
  return number
}
