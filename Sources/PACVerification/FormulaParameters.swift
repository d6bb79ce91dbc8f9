import PACAutograd
import PACTensors

/// Sets parameters to the values that the formula of the case files gives
/// (docs/case-format.md#parameters-by-formula).
///
/// Element i of the tensor NAME is the output of splitmix64 for the state
/// (seed XOR fnv1a64(NAME)) + (i + 1)·golden; its top 24 bits give a number in [−1, 1), which is
/// multiplied by √(3·shape[0]/elements) if the tensor has four axes, else by 0.05.
func setByFormula(_ parameters: [(name: String, parameter: Parameter)], seed: UInt64) {
  for (name, parameter) in parameters {
    let shape = parameter.shape
    let gain =
      shape.rank == 4 ? (3 * Double(shape[0]) / Double(shape.count)).squareRoot() : 0.05
    let start = seed ^ fnv1a64(name)
    parameter.value = Tensor(
      shape,
      (0..<shape.count).map { i in
        let state = start &+ (UInt64(i) &+ 1) &* 0x9e37_79b9_7f4a_7c15
        return Float((Double(splitMix64(state) >> 40) / Double(1 << 23) - 1) * gain)
      })
  }
}

private func fnv1a64(_ text: String) -> UInt64 {
  text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}

private func splitMix64(_ state: UInt64) -> UInt64 {
  var z = state
  z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
  z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
  return z ^ (z >> 31)
}
