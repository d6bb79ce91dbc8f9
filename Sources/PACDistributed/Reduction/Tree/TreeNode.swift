/// A node of the summation tree: the sum of positions `index · 2^level ..< (index + 1) · 2^level`.
///
/// The leaves are the samples of a global batch in their fixed order. The tree over B samples does
/// not depend on how ranks share them. If B is not a power of two, a node without a right child
/// equals its left child.
struct TreeNode: Equatable {
  /// The height above the leaves; the node holds `1 << level` positions.
  var level: Int
  /// The number of nodes of this level to the left.
  var index: Int

  /// The node that holds this one and its sibling.
  var parent: TreeNode { TreeNode(level: level + 1, index: index / 2) }

  /// Whether this node and `other` are the left and right child of one parent.
  func isLeftSibling(of other: TreeNode) -> Bool {
    level == other.level && index % 2 == 0 && other.index == index + 1
  }

  /// The fewest nodes whose positions are exactly `range`, from left to right.
  ///
  /// Their sizes first grow and then shrink; there are at most 2 · log₂(count) of them. They are
  /// the sums that a rank with `range` can compute without other ranks.
  static func nodes(covering range: Range<Int>) -> [TreeNode] {
    var nodes: [TreeNode] = []
    var position = range.lowerBound
    while position < range.upperBound {
      let remaining = range.upperBound - position
      let fitting = Int.bitWidth - 1 - remaining.leadingZeroBitCount
      let level = min(fitting, position == 0 ? fitting : position.trailingZeroBitCount)
      nodes.append(TreeNode(level: level, index: position >> level))
      position += 1 << level
    }
    return nodes
  }
}
