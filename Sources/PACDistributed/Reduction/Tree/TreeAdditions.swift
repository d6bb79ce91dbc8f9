/// The additions that combine several nodes' sums into one total, as indices of the summands.
///
/// They follow the tree except for which summand holds the sum: a + b and b + a have the same bits,
/// so a summand whose buffer should hold the result can take all sums it is part of.
struct TreeAdditions: Equatable {
  /// Summand `source` is added to summand `target`, in this order.
  struct Addition: Equatable {
    var target: Int
    var source: Int
  }

  var steps: [Addition] = []
  /// The summand that becomes the total; nil without summands.
  var total: Int?

  /// Finds the additions.
  /// - Parameters:
  ///   - nodes: the summands from left to right, which together cover the positions from 0 on
  ///     without a gap.
  ///   - favoured: the summands that should hold sums rather than be added to others.
  init(_ nodes: [TreeNode], favouring favoured: Range<Int>) {
    var stack: [(node: TreeNode, summand: Int)] = []
    func merge() {
      let right = stack.removeLast()
      let left = stack.removeLast()
      let takesRight = favoured.contains(right.summand) && !favoured.contains(left.summand)
      let (target, source) =
        takesRight ? (right.summand, left.summand) : (left.summand, right.summand)
      steps.append(Addition(target: target, source: source))
      stack.append((left.node.parent, target))
    }
    for (summand, node) in nodes.enumerated() {
      stack.append((node, summand))
      while stack.count > 1,
        stack[stack.count - 2].node.isLeftSibling(of: stack[stack.count - 1].node)
      {
        merge()
      }
    }
    // What remains has no right sibling up to the size of its left neighbour, so each is the right
    // child there.
    while stack.count > 1 { merge() }
    total = stack.last?.summand
  }
}
