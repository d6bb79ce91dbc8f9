import PACData
import PACDistributed
import PACModels

/// Everything that decides what a training run computes, and what it writes.
///
/// It is read from a YAML file of flat keys and from overrides, strictly: see `init(file:overrides:)`. Each
/// property belongs to one entry of `keys`, which says how its key is called and which values are allowed.
/// Paths are relative to the current folder, not to the file's.
public struct TrainingConfiguration: Sendable, Equatable {
  /// The folder that receives everything the run makes; in a file or override, `{KEY}` stands for a key's value.
  public var run: String
  /// The HDF5 dataset.
  public var data: String
  /// What is upsampled.
  public var target = Target.depth
  /// The name of the split to train on.
  public var trainSplit = "train"
  /// The name of the split to measure on.
  public var testSplit = "test"
  /// The share of the training split, at its end, that is set aside for validation; 0 ≤ r < 1.
  public var validationRatio = 0.0
  /// The network.
  public var model = NetworkName.upsampling(.pacJointUpsample())
  /// How much wider and higher the output is than the low-resolution input.
  public var factor: Int
  /// Whether the network sees a black image in place of the guide.
  public var zeroGuidance = false
  /// How parameters start.
  public var initialValues = Initialization.published
  /// The file of weights that a new run starts from instead; nil without one.
  public var weights: String?
  /// Segmentation: the file of the backbone's weights; nil without one.
  public var backboneWeights: String?
  /// What every random number of the run is derived from.
  public var seed = 0
  /// How often the training split is passed.
  public var epochs: Int
  /// Samples per optimiser step, over all ranks.
  public var globalBatchSize = 1
  /// Width and height of a training crop in pixels.
  public var cropSize = 256
  /// Segmentation: the side of the square in the middle that is measured; nil for whole images.
  public var testCrop: Int?
  /// Segmentation: r, crops are scaled by factors from 1/r to r; 1: not at all.
  public var scaleJitter = 1.0
  /// Segmentation: brightness, contrast and saturation vary by factors from 1 − this to 1 + this; 0: not at all.
  public var colorJitter = 0.0
  /// Whether half of the crops are mirrored.
  public var flip = true
  /// How the low-resolution target is made.
  public var lowResolution = LowResolutionMode.center
  /// Pixels along each edge that are left out of loss and measure.
  public var border = 6
  /// What is minimised.
  public var loss = Loss.l2
  /// The rule that turns gradients into steps.
  public var optimizer = OptimizerName.adam
  /// The learning rate of epoch 0.
  public var learningRate = 1e-4
  /// The epochs, counted from 0, from which on the learning rate is multiplied by `learningRateDecay` once more.
  public var learningRateSteps: [Int] = []
  /// See `learningRateSteps`.
  public var learningRateDecay = 0.1
  /// SGD: the share of the previous step that is kept.
  public var momentum = 0.0
  /// The multiple of each parameter that is added to its gradient.
  public var weightDecay = 0.0
  /// Adam: decay of the mean of gradients.
  public var beta1 = 0.9
  /// Adam: decay of the mean of squared gradients.
  public var beta2 = 0.999
  /// Adam: added to the root of the mean square.
  public var epsilon = 1e-8
  /// In which order gradients are added over the ranks.
  public var reduction = GradientReduction.Order.repeatable
  /// Epochs between two measurements on the test split; 0 = only at the end.
  public var testEvery = 1
  /// Epochs between two checkpoints; 0 = only at the end.
  public var checkpointEvery = 1
  /// Optimiser steps between two checkpoints; 0 = none inside an epoch.
  public var checkpointEverySteps = 0
  /// How many checkpoints stay.
  public var keepCheckpoints = 3
  /// Samples that each rank reads ahead.
  public var readAhead = 4
  /// Upper bound on optimiser steps.
  public var steps: Int?
  /// Minutes after which training stops cleanly.
  public var maximumMinutes: Double?
  /// Seconds after which a rank that gives no sign of life or makes no progress ends the job.
  public var stallTimeout: Double? = 300

  /// Makes a configuration of what has no default; the values are not checked.
  public init(run: String, data: String, factor: Int, epochs: Int) {
    self.run = run
    self.data = data
    self.factor = factor
    self.epochs = epochs
  }
}

extension TrainingConfiguration {
  /// What a network upsamples.
  public enum Target: String, CaseIterable, Sendable {
    /// Depth or disparity, one channel.
    case depth
    /// Optical flow, two channels.
    case flow
  }

  /// The rules that turn gradients into steps.
  public enum OptimizerName: String, CaseIterable, Sendable {
    /// Adam, see `Adam`.
    case adam
    /// Stochastic gradient descent with momentum, see `SGD`.
    case sgd
  }
}
