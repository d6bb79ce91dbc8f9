import PACFiles
import PACOptimizers
import PACTensors
import PACWeights

/// The state of a training run between two optimizer steps, enough to resume it bit for bit.
///
/// `docs/checkpoint-format.md` describes the file.
public struct Checkpoint: Sendable {
  /// The current epoch, counted from 0.
  public var epoch: Int
  /// The number of optimizer steps since the start.
  public var step: Int
  /// The number of optimizer steps in this epoch.
  public var stepInEpoch: Int
  /// The seed of all random numbers of the run.
  public var seed: Int
  /// The network.
  public var network: NetworkLabel
  /// The resolved configuration as YAML.
  public var configuration: String
  /// The checksum of the dataset, by which it is known at another path; nil if the file does not
  /// state it, or the dataset has none.
  public var dataset: String?
  /// The parameters, in the network's order.
  public var parameters: [NamedTensor]
  /// The names of the parameters that the run does not train, in the same order.
  public var frozen: [String]
  /// The optimizer's name.
  public var optimizer: String
  /// The optimizer's state, with one element for each element of the parameters that are not
  /// frozen, in the same order.
  public var optimizerState: OptimizerState
  /// Sums over the steps of the current epoch, for its row in the log.
  public var runningSums: [String: Double]
  /// What the validations have found so far.
  public var validation: ValidationState
  /// The arithmetic that the run last used; nil if the file does not state it.
  public var arithmetic: Arithmetic?

  /// Makes a checkpoint.
  public init(
    epoch: Int, step: Int, stepInEpoch: Int, seed: Int, network: NetworkLabel,
    configuration: String, parameters: [NamedTensor], frozen: [String] = [], optimizer: String,
    optimizerState: OptimizerState, runningSums: [String: Double],
    validation: ValidationState = ValidationState(),
    arithmetic: Arithmetic? = nil, dataset: String? = nil
  ) {
    self.epoch = epoch
    self.step = step
    self.stepInEpoch = stepInEpoch
    self.seed = seed
    self.network = network
    self.configuration = configuration
    self.parameters = parameters
    self.frozen = frozen
    self.optimizer = optimizer
    self.optimizerState = optimizerState
    self.runningSums = runningSums
    self.validation = validation
    self.arithmetic = arithmetic
    self.dataset = dataset
  }

  /// The number of parameter elements.
  public var parameterCount: Int { parameters.reduce(0) { $0 + $1.value.count } }

  /// The parameters that the run trains.
  var trainedParameters: [NamedTensor] {
    let names = Set(frozen)
    return parameters.filter { !names.contains($0.name) }
  }
}

extension Checkpoint {
  /// Checks that this checkpoint, read from `file`, fits a network.
  /// - Parameters:
  ///   - network: the network.
  ///   - expected: names and shapes of the network's parameters.
  ///   - file: the file's path, for the message.
  /// - Throws: `WeightsError` naming every missing or unexpected parameter and every different
  ///   shape.
  public func require(
    _ network: NetworkLabel, parameters expected: [(name: String, shape: Shape)], file: String
  ) throws {
    let differences =
      self.network.differences(from: network)
      + ParameterMatch(parameters.map { ($0.name, $0.value.shape) }, to: expected).differences()
    guard differences.isEmpty else { throw WeightsError.otherModel(file, differences) }
  }
}

extension Checkpoint {
  /// Checks that every parameter is finite, since no run can continue otherwise.
  /// - Throws: `NonFiniteParameter` naming the first non-finite parameter.
  func requireFinite() throws {
    for parameter in parameters where parameter.value.firstNonFinite != nil {
      throw NonFiniteParameter(name: parameter.name, step: step)
    }
  }

  /// Checks the same of a checkpoint that was read from a file.
  /// - Throws: `CheckpointError` naming the first non-finite element.
  func requireFinite(in file: String) throws(CheckpointError) {
    for parameter in parameters {
      guard let fault = parameter.value.firstNonFinite else { continue }
      throw CheckpointError(
        file: file, fault: .corrupt(reason: "parameter \(shown(parameter.name)) holds \(fault)"))
    }
  }
}
