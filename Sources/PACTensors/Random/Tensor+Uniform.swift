extension Tensor {
  /// Numbers drawn uniformly from −bound ..< bound.
  public static func uniform(
    _ shape: Shape, within bound: Float, using random: inout CounterRandom
  ) -> Tensor {
    Tensor(shape) { buffer in
      for i in buffer.indices { buffer[i] = (2 * random.uniform() - 1) * bound }
    }
  }
}
