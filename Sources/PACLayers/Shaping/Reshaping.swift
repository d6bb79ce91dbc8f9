import PACAutograd
import PACKernels
import PACTensors

extension Variable {
  /// The same elements with other extents.
  /// - Precondition: equal counts.
  public func reshaped(_ shape: Shape) -> Variable {
    .result(value.reshaped(shape), of: [self]) { [self] upstream in
      accumulate(upstream.reshaped(value.shape))
    }
  }

  /// Channels `range` of [N, C, H, W].
  public func channels(_ range: Range<Int>) -> Variable {
    let shape = value.shape
    precondition(
      range.lowerBound >= 0 && range.upperBound <= shape.channels, "channels \(range) of \(shape)")
    let part = Shape([shape.batch, range.count, shape.height, shape.width])
    let block = range.count * shape.pixels
    func start(_ image: Int) -> Int {
      (image * shape.channels + range.lowerBound) * shape.pixels
    }
    let selected =
      shape.batch == 1
      ? value.slice(from: start(0), part)
      : Tensor(part, (0..<shape.batch).flatMap { value.slice(from: start($0), [block]).elements })
    return .result(selected, of: [self]) { [self] upstream in
      accumulate { gradient in
        withPointer(upstream) { source in
          for image in 0..<shape.batch {
            PACKernels.accumulate(
              source + image * block, into: gradient + start(image), count: block)
          }
        }
      }
    }
  }

  /// The channels of several maps one after another.
  /// - Parameter maps: at least one, [N, Cₖ, H, W] with equal N, H and W.
  /// - Returns: [N, Σ Cₖ, H, W].
  /// - Precondition: the extents agree.
  public static func concatenatingChannels(_ maps: [Variable]) -> Variable {
    let shapes = maps.map(\.value.shape)
    let first = shapes[0]
    precondition(
      shapes.allSatisfy {
        [$0.batch, $0.height, $0.width] == [first.batch, first.height, first.width]
      },
      "channels of \(shapes)")
    let blocks = shapes.map { $0.channels * $0.pixels }
    let total = blocks.reduce(0, +)
    let starts = blocks.indices.map { blocks[..<$0].reduce(0, +) }
    let joined = Tensor([first.batch, total / first.pixels, first.height, first.width]) { target in
      for (map, (start, block)) in zip(maps, zip(starts, blocks)) {
        map.value.withUnsafeBufferPointer { source in
          for i in source.indices { target[i / block * total + start + i % block] = source[i] }
        }
      }
    }
    return .result(joined, of: maps) { [sinks = maps.map(\.sink)] upstream in
      upstream.withUnsafeBufferPointer { source in
        for (sink, (start, block)) in zip(sinks, zip(starts, blocks)) {
          sink.accumulate { gradient in
            for i in 0..<first.batch * block {
              gradient[i] += source[i / block * total + start + i % block]
            }
          }
        }
      }
    }
  }

  /// Every image of [N, C, H, W] `times` times in a row.
  public func repeatedImages(_ times: Int) -> Variable {
    if times == 1 { return self }
    let shape = value.shape
    let block = shape.count / shape.batch
    let repeated = Tensor(
      Shape([shape.batch * times] + shape.dimensions.dropFirst()),
      (0..<shape.batch * times).flatMap { value.slice(from: $0 / times * block, [block]).elements })
    return .result(repeated, of: [self]) { [self] upstream in
      accumulate { gradient in
        upstream.withUnsafeBufferPointer { source in
          for i in source.indices {
            gradient[i / (block * times) * block + i % block] += source[i]
          }
        }
      }
    }
  }

  /// scale · x + offset for every channel of [1, C, H, W].
  /// - Precondition: one image; as many scales and offsets as channels.
  public func mappedChannels(scale: [Float], offset: [Float]) -> Variable {
    let shape = value.shape
    precondition(
      shape.batch == 1 && scale.count == shape.channels && offset.count == shape.channels,
      "\(scale.count) scales and \(offset.count) offsets for \(shape)")
    let mapped = value.withUnsafeBufferPointer { source in
      Tensor(shape) { target in
        for i in source.indices {
          let channel = i / shape.pixels
          target[i] = source[i] * scale[channel] + offset[channel]
        }
      }
    }
    return .result(mapped, of: [self]) { [self] upstream in
      accumulate { gradient in
        upstream.withUnsafeBufferPointer { source in
          for i in source.indices { gradient[i] += source[i] * scale[i / shape.pixels] }
        }
      }
    }
  }
}
