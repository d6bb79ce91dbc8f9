/// A theme of keys; the documentation has a heading for each.
public struct KeyGroup: Sendable, Hashable {
  /// The heading.
  public let title: String

  /// Makes a theme.
  public init(_ title: String) { self.title = title }

  /// What no other theme covers; keys belong to it unless they name another.
  public static let other = KeyGroup("Other keys")
}

extension Sequence {
  /// Keys by their groups, in the order in which each group first occurs, `other` last.
  /// - Returns: each group with its keys in their order.
  public func grouped<Settings>() -> [(group: KeyGroup, keys: [ConfigurationKey<Settings>])]
  where Element == ConfigurationKey<Settings> {
    let byGroup = Dictionary(grouping: self, by: \.group)
    var groups: [KeyGroup] = []
    for key in self where !groups.contains(key.group) { groups.append(key.group) }
    let ordered = groups.filter { $0 != .other } + groups.filter { $0 == .other }
    return ordered.map { ($0, byGroup[$0] ?? []) }
  }
}
