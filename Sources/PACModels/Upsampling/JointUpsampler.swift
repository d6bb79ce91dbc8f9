import PACAutograd
import PACLayers
import PACTensors

/// A network, or a filter without parameters, that upsamples a low-resolution map guided by a
/// high-resolution image.
public protocol JointUpsampler {
  /// The upsampling factor along each axis.
  var factor: Int { get }

  /// All parameters by their published names, in the order of the published checkpoints; empty for
  /// a filter.
  var parameters: [(name: String, parameter: Parameter)] { get }

  /// Enlarges a map.
  ///
  /// Without a tape, large maps are computed in bands of rows, in bounded memory and with the same
  /// result.
  /// - Parameters:
  ///   - low: [N, C, h, w], normalised; its channels are processed independently.
  ///   - guide: [N, 3, h·factor, w·factor], colours in 0…1.
  /// - Returns: [N, C, h·factor, w·factor].
  /// - Throws: `LayerError` or `ModelError` if the shapes do not fit.
  func callAsFunction(_ low: Variable, guide: Variable) throws -> Variable

  /// At how many pixels a parameter is applied, divided by the number of the output's pixels: 1 in a
  /// layer at full resolution, which is the default implementation, ¼ in a layer at half of it.
  ///
  /// With the parameters' shapes it gives the operations of a pass, which `pac bench` divides by
  /// time.
  func pixelShare(ofParameter name: String) -> Double

  /// Changes the published initial values so that the network starts close to bilinear
  /// interpolation; does nothing if there are no parameters.
  /// - Throws: `ModelError` if the network does not support it, which is the default
  ///   implementation.
  func startAsInterpolation() throws(ModelError)
}

extension JointUpsampler {
  /// 1: every layer works at full resolution.
  public func pixelShare(ofParameter name: String) -> Double { 1 }

  /// Throws if there are parameters.
  public func startAsInterpolation() throws(ModelError) {
    guard parameters.isEmpty else {
      throw ModelError("init interpolation: not supported by this network; choose init published")
    }
  }
}

/// Throws unless the shapes of guide and map match.
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

/// Upsamples every channel of every image as a separate map.
///
/// While gradients are recorded all maps are processed at once, with the guidance repeated for
/// each. Otherwise they are processed one by one, which needs less memory.
/// - Parameters:
///   - low: [N, C, h, w].
///   - guidance: feature maps [N, G, ·, ·] of the guide.
///   - upsample: makes [M, 1, H, W] from maps [M, 1, h, w] and their guidance, [M, G, ·, ·].
/// - Returns: [N, C, H, W].
/// - Throws: what `upsample` throws.
func mapByMap(
  _ low: Variable, with guidance: [Variable],
  _ upsample: (Variable, [Variable]) throws -> Variable
) rethrows -> Variable {
  let shape = low.value.shape
  let maps = low.reshaped([shape.batch * shape.channels, 1, shape.height, shape.width])
  guard low.tape == nil else {
    let result = try upsample(maps, guidance.map { $0.repeatedImages(shape.channels) })
    return result.reshaped(restored(result.value.shape, shape))
  }
  let results = try (0..<shape.batch * shape.channels).map { map in
    let image = map / shape.channels
    return try upsample(
      Variable(maps.value.batchSlice(map..<map + 1)),
      guidance.map { Variable($0.value.batchSlice(image..<image + 1)) }
    ).value
  }
  let single = results[0].shape
  let joined = restored([results.count, 1, single.height, single.width], shape)
  return Variable(results.count == 1 ? results[0] : Tensor(joined, results.flatMap(\.elements)))
}

/// The batch and channels of `shape` at the size of `maps`.
private func restored(_ maps: Shape, _ shape: Shape) -> Shape {
  [shape.batch, shape.channels, maps.height, maps.width]
}
