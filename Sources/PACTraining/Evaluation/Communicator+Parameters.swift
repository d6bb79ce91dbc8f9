import PACAutograd
import PACDistributed

extension Communicator {
  /// Broadcasts the values of rank 0's parameters; all ranks call it together.
  /// - Throws: `DistributedError` if MPI reports an error.
  func distribute(_ parameters: ParameterSet) throws {
    try parameters.updateValues { try broadcast(&$0) }
  }

  /// The same for parameters that are not in one contiguous buffer.
  func distribute(_ parameters: [(name: String, parameter: Parameter)]) throws {
    guard worldSize > 1 else { return }
    for (_, parameter) in parameters {
      var value = parameter.value
      try broadcast(&value)
      parameter.value = value
    }
  }
}
