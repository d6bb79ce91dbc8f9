import PACKernels
import PACTensors

/// A sum of equally long vectors, one for each sample, whose rounding depends only on the samples'
/// order.
///
/// Floating-point addition is not associative: a plain sum changes in its last bits with the number
/// of ranks. Here the order of additions is fixed by a balanced binary tree over the positions
/// `0..<B` of the global batch (`TreeNode`). A rank holds any contiguous part of the positions,
/// adds its vectors as they come, and keeps only the sums of complete nodes: O(log B) vectors, in a
/// stack in the manner of a binary counter.
struct TreeSum {
  /// The positions of the global batch that this sum takes, in ascending order.
  let range: Range<Int>
  /// The number of elements of each vector.
  let count: Int
  /// The complete nodes, left to right, once the last vector pushed is added.
  private(set) var nodes: [TreeNode] = []
  /// Their sums.
  private(set) var sums: [FlatBuffer] = []
  /// The number of vectors pushed.
  private(set) var pushed = 0
  /// The additions that the last vector pushed makes possible.
  private var additions: [(source: FlatBuffer, target: FlatBuffer)] = []

  /// Makes an empty sum of vectors of `count` elements for the positions `range`.
  init(count: Int, range: Range<Int>) {
    self.count = count
    self.range = range
  }

  /// Takes the vector of the next position, whose elements `add(_:)` adds, part by part, once they
  /// are known.
  /// - Precondition: `leaf` holds `count` elements, and every element of the one before was added.
  mutating func push(_ leaf: FlatBuffer) {
    precondition(leaf.count == count, "\(leaf.count) elements added to a sum of \(count)")
    precondition(pushed < range.count, "more vectors than the positions \(range)")
    additions = []
    nodes.append(TreeNode(level: 0, index: range.lowerBound + pushed))
    sums.append(leaf)
    pushed += 1
    while nodes.count > 1, nodes[nodes.count - 2].isLeftSibling(of: nodes[nodes.count - 1]) {
      let parent = nodes.removeLast().parent
      nodes[nodes.count - 1] = parent
      let right = sums.removeLast()
      additions.append((right, sums[sums.count - 1]))
    }
  }

  /// Adds the elements `part` of the vector pushed last to the sums it belongs to; each element
  /// once.
  func add(_ part: Range<Int>) {
    guard !additions.isEmpty, !part.isEmpty else { return }
    let start = part.lowerBound
    accumulate(
      additions.map { VectorAddition($0.source.base + start, into: $0.target.base + start) },
      count: part.count)
  }

  /// Memory of vectors that were added to others; the sum needs it no more.
  mutating func takeSpares() -> [FlatBuffer] {
    defer { additions = [] }
    return additions.map(\.source)
  }
}
