import PACKernels
import PACOptimizers
import PACTensors
import PACWeights

/// The state of a training run between two optimizer steps: enough to continue it bit for bit.
///
/// The file is described in `docs/checkpoint-format.md`.
public struct Checkpoint: Sendable {
  /// The epoch the run is in, counted from 0.
  public var epoch: Int
  /// Optimizer steps taken since the start.
  public var step: Int
  /// Optimizer steps taken in this epoch.
  public var stepInEpoch: Int
  /// What every random number of the run is derived from.
  public var seed: Int
  /// The network.
  public var network: NetworkLabel
  /// The resolved configuration as YAML.
  public var configuration: String
  /// The parameters, in the order in which the network lists them.
  public var parameters: [NamedTensor]
  /// The optimizer's name.
  public var optimizer: String
  /// What the optimizer carries from step to step; one element for each parameter element, in the same order.
  public var optimizerState: OptimizerState
  /// Sums over the steps of the current epoch, from which its log row is made.
  public var runningSums: [String: Double]
  /// What the run computed with last; nil if the file does not say.
  public var arithmetic: Arithmetic?

  /// Makes a checkpoint.
  public init(
    epoch: Int, step: Int, stepInEpoch: Int, seed: Int, network: NetworkLabel,
    configuration: String, parameters: [NamedTensor], optimizer: String,
    optimizerState: OptimizerState, runningSums: [String: Double],
    arithmetic: Arithmetic? = nil
  ) {
    self.epoch = epoch
    self.step = step
    self.stepInEpoch = stepInEpoch
    self.seed = seed
    self.network = network
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
  ///   - network: the network.
  ///   - expected: names and shapes of the network's parameters.
  ///   - file: the file's path, for the message.
  /// - Throws: `WeightsError` naming each difference: what is missing, what is not expected, and
  ///   what has another shape.
  public func require(
    _ network: NetworkLabel, parameters expected: [(name: String, shape: Shape)], file: String
  ) throws {
    let differences =
      self.network.differences(from: network)
      + ParameterMatch(parameters.map { ($0.name, $0.value.shape) }, to: expected).differences
    guard differences.isEmpty else { throw WeightsError.otherModel(file, differences) }
  }
}

extension Checkpoint {
  /// Checks that every parameter is a finite number: no run can go on from anything else.
  /// - Throws: `NonFiniteParameter` naming the first that is not.
  func requireFinite() throws {
    for parameter in parameters {
      let isFinite = parameter.value.withUnsafeBufferPointer { values in
        values.baseAddress.map { areFinite($0, count: values.count) } ?? true
      }
      guard isFinite else {
        throw NonFiniteParameter(name: parameter.name, step: step)
      }
    }
  }
}
