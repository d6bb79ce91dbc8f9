import PACAutograd
import PACLayers
import PACTensors

/// A network, or a filter without parameters, that enlarges a low-resolution map with the help of a high-resolution image.
public protocol JointUpsampler {
  /// How many times larger the output is than the input, along each axis.
  var factor: Int { get }

  /// Every parameter by its published name, in the order of the published checkpoints; empty for a filter.
  var parameters: [(name: String, parameter: Parameter)] { get }

  /// Enlarges a map.
  ///
  /// Without a tape large maps are computed some rows at a time, in bounded memory and with the same result.
  /// - Parameters:
  ///   - low: [N, C, h, w], normalised; its channels are treated one by one.
  ///   - guide: [N, 3, h·factor, w·factor], colours in 0…1.
  /// - Returns: [N, C, h·factor, w·factor].
  /// - Throws: `LayerError` or `ModelError` if the shapes do not fit.
  func callAsFunction(_ low: Variable, guide: Variable) throws -> Variable

  /// Changes the published initial values so that the network begins close to bilinear
  /// interpolation; does nothing where there are no parameters.
  /// - Throws: `ModelError` if the network cannot start so, which is what a network inherits.
  func startAsInterpolation() throws(ModelError)
}

extension JointUpsampler {
  /// Throws where there are parameters.
  public func startAsInterpolation() throws(ModelError) {
    guard parameters.isEmpty else {
      throw ModelError("init interpolation: this network cannot start so; choose init published")
    }
  }
}

/// Throws unless the guide belongs to the map.
func requireGuide(
  _ guide: Variable, for low: Variable, factor: Int, model: String
) throws {
  let (v, f) = (low.value.shape, guide.value.shape)
  guard v.rank == 4, v.count > 0 else {
    throw ModelError("\(model): low is of shape \(v); allowed: [N, C, h, w], none of them 0")
  }
  let wanted: Shape = [v.batch, 3, v.height * factor, v.width * factor]
  guard f == wanted else {
    throw ModelError("\(model): guide is of shape \(f); allowed: \(wanted)")
  }
}

/// Enlarges every channel of every image as a map of its own.
///
/// While gradients are recorded all maps go through at once, the guidance repeated for each; else one after
/// the other, which takes less memory.
/// - Parameters:
///   - low: [N, C, h, w].
///   - guidance: maps [N, G, ·, ·] of the guide.
///   - enlarge: makes [M, 1, H, W] of maps [M, 1, h, w] and their guidance, [M, G, ·, ·].
/// - Returns: [N, C, H, W].
/// - Throws: what `enlarge` throws.
func mapByMap(
  _ low: Variable, with guidance: [Variable],
  _ enlarge: (Variable, [Variable]) throws -> Variable
) rethrows -> Variable {
  let shape = low.value.shape
  let maps = low.reshaped([shape.batch * shape.channels, 1, shape.height, shape.width])
  guard low.tape == nil else {
    let result = try enlarge(maps, guidance.map { $0.repeatedImages(shape.channels) })
    return result.reshaped(restored(result.value.shape, shape))
  }
  let results = try (0..<shape.batch * shape.channels).map { map in
    let image = map / shape.channels
    return try enlarge(
      Variable(maps.value.batchSlice(map..<map + 1)),
      guidance.map { Variable($0.value.batchSlice(image..<image + 1)) }
    ).value
  }
  let single = results[0].shape
  let joined = restored([results.count, 1, single.height, single.width], shape)
  return Variable(results.count == 1 ? results[0] : Tensor(joined, results.flatMap(\.elements)))
}

/// The images and channels of `shape` at the size of `maps`.
private func restored(_ maps: Shape, _ shape: Shape) -> Shape {
  [shape.batch, shape.channels, maps.height, maps.width]
}
