import PACKernels
import PACTensors

/// A sum of vectors, one per sample, whose rounding depends only on the samples' order.
///
/// Floating-point addition is not associative, so the last bits of a plain sum depend on the number
/// of ranks. Here a balanced binary tree over the positions `0..<B` of the global batch
/// (`TreeNode`) fixes the order of additions. A rank has any contiguous range of positions, adds
/// its vectors as they come, and keeps only the sums of complete nodes: O(log B) vectors on a
/// stack, as in a binary counter.
struct TreeSum {
  /// The positions of the global batch in this sum, in ascending order.
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

  /// Pushes the vector of the next position; `add(_:)` adds its elements part by part once they are
  /// known.
  /// - Precondition: `leaf` has `count` elements, and every element of the previous one was added.
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

  /// Takes the vectors that were added to others, which the sum no longer needs.
  mutating func takeSpares() -> [FlatBuffer] {
    defer { additions = [] }
    return additions.map(\.source)
  }
}
