/// The extents of a tensor, outermost first; images are `[N, C, H, W]`.
public struct Shape: Hashable, Sendable {
  /// The extent along each axis, outermost first; none is negative.
  public let dimensions: [Int]

  /// Makes a shape from extents, outermost first.
  public init(_ dimensions: [Int]) {
    demand(dimensions.allSatisfy { $0 >= 0 }, "negative extent in \(dimensions)")
    self.dimensions = dimensions
  }

  /// Makes the shape of a batch of images, `[N, C, H, W]`.
  public init(batch: Int, channels: Int, height: Int, width: Int) {
    self.init([batch, channels, height, width])
  }

  /// The number of axes.
  public var rank: Int { dimensions.count }

  /// The number of elements; 1 for the shape of a scalar, which has no axes.
  public var count: Int { dimensions.reduce(1, *) }

  /// The extent along `axis`, counted from the outermost.
  public subscript(axis: Int) -> Int { dimensions[axis] }

  /// N, the number of images.
  /// - Precondition: four axes.
  public var batch: Int { image(0) }

  /// C, the number of channels.
  /// - Precondition: four axes.
  public var channels: Int { image(1) }

  /// H, the number of rows.
  /// - Precondition: four axes.
  public var height: Int { image(2) }

  /// W, the number of columns.
  /// - Precondition: four axes.
  public var width: Int { image(3) }

  /// H · W, the number of pixels of one channel.
  /// - Precondition: four axes.
  public var pixels: Int { height * width }

  private func image(_ axis: Int) -> Int {
    demand(rank == 4, "expected [N, C, H, W], found \(self)")
    return dimensions[axis]
  }
}

extension Shape: ExpressibleByArrayLiteral {
  /// Makes a shape from extents written as a literal, `[1, 3, 480, 640]`.
  public init(arrayLiteral elements: Int...) { self.init(elements) }
}

extension Shape: CustomStringConvertible {
  /// The extents in brackets, `[1, 3, 480, 640]`.
  public var description: String { "\(dimensions)" }
}
