import Tensors

/// A sum of equally long vectors, one for each sample, whose rounding depends only on the samples' order.
///
/// Floating-point addition is not associative: a plain sum changes in its last bits with the number of ranks.
/// Here the order of additions is fixed by a balanced binary tree over the positions `0..<B` of the global
/// batch (`TreeNode`). A rank holds any contiguous part of the positions, adds its vectors as they come, and
/// keeps only the sums of complete nodes: O(log B) vectors. `Communicator.allReduce(_:ranges:)` adds up the
/// ranks' nodes along the same tree, so that the total has the same bits for any number of ranks.
public struct TreeSum: Sendable {
  /// The positions of the global batch that this sum takes, in ascending order.
  public let range: Range<Int>
  /// The number of elements of each vector.
  public let count: Int
  /// The number of vectors added so far.
  public private(set) var added = 0
  private(set) var partial = PartialSums()

  /// Makes an empty sum of vectors of `count` elements for the positions `range`.
  public init(count: Int, range: Range<Int>) {
    self.count = count
    self.range = range
  }

  /// Adds the vector of the next position.
  ///
  /// Costs one addition of vectors on average. Takes over the memory of `leaf` if nothing else refers to it.
  /// - Precondition: `leaf` holds `count` elements, and fewer than `range.count` were added before.
  public mutating func add(_ leaf: consuming Tensor) {
    precondition(leaf.count == count, "\(leaf.count) elements added to a sum of \(count)")
    precondition(added < range.count, "more vectors than the positions \(range)")
    partial.push(TreeNode(level: 0, index: range.lowerBound + added), leaf)
    added += 1
  }

  /// A vector of zeros for the next leaf, in memory this sum no longer needs where there is some.
  public mutating func zeroedBuffer() -> Tensor {
    guard var buffer = partial.takeSpare() else { return .zeros([count]) }
    buffer.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    return buffer
  }
}

/// Sums of complete tree nodes, left to right; siblings are added as soon as both are there.
///
/// A stack in the manner of a binary counter. It serves twice: within a rank the pushed nodes are leaves,
/// between ranks they are the ranks' partial sums.
struct PartialSums: Sendable {
  private(set) var nodes: [TreeNode] = []
  private(set) var values: [Tensor] = []
  private var spares: [Tensor] = []

  /// Appends the sum of `node`, the next one to the right, and adds up the siblings this completes.
  mutating func push(_ node: TreeNode, _ value: consuming Tensor) {
    nodes.append(node)
    values.append(value)
    while nodes.count > 1, nodes[nodes.count - 2].isLeftSibling(of: nodes[nodes.count - 1]) {
      nodes.append(nodes.removeLast().parent)
      nodes.remove(at: nodes.count - 2)
      addLastToItsLeft()
    }
  }

  /// The sum of everything pushed, when the positions start at 0; nil if nothing was.
  ///
  /// The nodes that remain have no right sibling up to the size of their left neighbour, so each is the
  /// right child there.
  consuming func total() -> Tensor? {
    while values.count > 1 { addLastToItsLeft() }
    return values.popLast()
  }

  /// Memory of a sum that was added to another one.
  mutating func takeSpare() -> Tensor? { spares.popLast() }

  private mutating func addLastToItsLeft() {
    let right = values.removeLast()
    values[values.count - 1].add(right)
    spares.append(right)
  }
}
