import PACKernels
import PACTensors

/// The state of a training run between two optimiser steps: enough to continue it bit for bit.
///
/// The file is described in `docs/checkpoint-format.md`.
public struct Checkpoint: Sendable {
  /// The epoch the run is in, counted from 0.
  public var epoch: Int
  /// Optimiser steps taken since the start.
  public var step: Int
  /// Optimiser steps taken in this epoch.
  public var stepInEpoch: Int
  /// What every random number of the run is derived from.
  public var seed: Int
  /// The network's name.
  public var model: String
  /// The upsampling factor.
  public var factor: Int
  /// The resolved configuration as YAML.
  public var configuration: String
  /// The parameters, in the order in which the network lists them.
  public var parameters: [NamedTensor]
  /// The optimiser's name.
  public var optimizer: String
  /// What the optimiser carries from step to step; one element for each parameter element, in the same order.
  public var optimizerState: OptimizerState
  /// Sums over the steps of the current epoch, from which its log row is made.
  public var runningSums: [String: Double]
  /// What the run computed with last; nil if the file does not say.
  public var arithmetic: Arithmetic?

  /// Makes a checkpoint.
  public init(
    epoch: Int, step: Int, stepInEpoch: Int, seed: Int, model: String, factor: Int,
    configuration: String, parameters: [NamedTensor], optimizer: String,
    optimizerState: OptimizerState, runningSums: [String: Double],
    arithmetic: Arithmetic? = nil
  ) {
    self.epoch = epoch
    self.step = step
    self.stepInEpoch = stepInEpoch
    self.seed = seed
    self.model = model
    self.factor = factor
    self.configuration = configuration
    self.parameters = parameters
    self.optimizer = optimizer
    self.optimizerState = optimizerState
    self.runningSums = runningSums
    self.arithmetic = arithmetic
  }

  /// The number of parameter elements.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.value.count } }
}

extension Checkpoint {
  /// Checks that this checkpoint, read from `file`, belongs to a network.
  /// - Parameters:
  ///   - model: the network's name.
  ///   - factor: the upsampling factor.
  ///   - expected: names and shapes of the network's parameters.
  ///   - file: the file's path, for the message.
  /// - Throws: `TrainingError.checkpoint` naming each difference: what is missing, what is not expected, and
  ///   what has another shape.
  public func require(
    model: String, factor: Int, parameters expected: [(name: String, shape: Shape)], file: String
  ) throws {
    let differences =
      NetworkLabel(model: self.model, factor: self.factor)
      .differences(from: NetworkLabel(model: model, factor: factor))
      + ParameterMatch(parameters.map { ($0.name, $0.value.shape) }, to: expected).differences
    guard differences.isEmpty else {
      throw TrainingError.checkpoint(file: file, fault: .otherModel(differences: differences))
    }
  }
}

extension Checkpoint {
  /// Checks that every parameter is a finite number: no run can go on from anything else.
  /// - Throws: `TrainingError.parameterDiverged` naming the first that is not.
  func requireFinite() throws {
    for parameter in parameters {
      let isFinite = parameter.value.withUnsafeBufferPointer { values in
        values.baseAddress.map { areFinite($0, count: values.count) } ?? true
      }
      guard isFinite else {
        throw TrainingError.parameterDiverged(name: parameter.name, step: step)
      }
    }
  }
}
