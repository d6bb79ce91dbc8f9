import PACAutograd
import PACKernels
import PACTensors

extension Variable {
  /// The same elements with other extents.
  /// - Precondition: equal counts.
  public func reshaped(_ shape: Shape) -> Variable {
    .result(value.reshaped(shape), of: "reshaped", self) { [own = value.shape] upstream, dx in
      dx.accumulate(upstream.gradient.reshaped(own))
    }
  }

  /// Channels `range` of [N, C, H, W].
  /// - Precondition: they exist.
  public func channels(_ range: Range<Int>) -> Variable {
    let shape = value.shape
    demand(
      range.lowerBound >= 0 && range.upperBound <= shape.channels, "channels: \(range) of \(shape)")
    let part: Shape = [shape.batch, range.count, shape.height, shape.width]
    let (block, start) = (range.count * shape.pixels, range.lowerBound * shape.pixels)
    let runs = BlockCopy(
      outer: shape.batch, length: block,
      from: .init(start: start, outerStride: shape.channels * shape.pixels),
      to: .init(outerStride: block))
    // The channels of one image lie together: they share its memory.
    let selected =
      shape.batch == 1
      ? value.slice(from: start, part) : Tensor(part, from: value) { y, x in runs.copy(x, to: y) }
    return .result(selected, of: "channels", self) { upstream, dx in
      withMemory(of: upstream, dx.adding) { g, dx in runs.reversed.add(g, to: dx) }
    }
  }

  /// Every image of [N, C, H, W] `times` times in a row.
  /// - Precondition: images, none of the axes 0.
  public func repeatedImages(_ times: Int) -> Variable {
    if times == 1 { return self }
    let shape = imageShape(self, "repeatedImages")
    let block = shape.count / shape.batch
    let runs = BlockCopy(
      outer: shape.batch, inner: times, length: block, from: .init(outerStride: block),
      to: .init(outerStride: block * times, innerStride: block))
    let repeated = Tensor(
      [shape.batch * times, shape.channels, shape.height, shape.width], from: value
    ) { y, x in runs.copy(x, to: y) }
    return .result(repeated, of: "repeatedImages", self) { upstream, dx in
      withMemory(of: upstream, dx.adding) { g, dx in runs.reversed.add(g, to: dx) }
    }
  }
}

/// The channels of several maps one after another.
/// - Parameter maps: at least one, [N, Cₖ, H, W] with equal N, H and W.
/// - Returns: [N, Σ Cₖ, H, W].
/// - Precondition: the extents agree.
public func concatenated(_ maps: [Variable]) -> Variable {
  let shapes = maps.map(\.value.shape)
  let first = shapes[0]
  demand(
    shapes.allSatisfy {
      [$0.batch, $0.height, $0.width] == [first.batch, first.height, first.width]
    },
    "concatenated: channels of \(shapes)")
  let channels = shapes.reduce(0) { $0 + $1.channels }
  var before = 0
  let runs = shapes.map { shape in
    let block = shape.channels * shape.pixels
    defer { before += block }
    return BlockCopy(
      outer: shape.batch, length: block, from: .init(outerStride: block),
      to: .init(start: before, outerStride: channels * shape.pixels))
  }
  let joined = Tensor(
    [first.batch, channels, first.height, first.width], from: maps.map(\.value)
  ) { y, maps in
    for (x, runs) in zip(maps, runs) { runs.copy(x, to: y) }
  }
  return .result(joined, of: "concatenated", all: maps) { upstream, sinks in
    for (dx, runs) in zip(sinks, runs) {
      withMemory(of: upstream, dx?.adding) { g, dx in
        if let dx { runs.reversed.add(g, to: dx) }
      }
    }
  }
}
