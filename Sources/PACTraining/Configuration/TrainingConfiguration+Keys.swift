extension TrainingConfiguration {
  /// Every key, in the order in which they are documented and saved.
  ///
  /// A new key is a property and an entry here; reading, checking, saving, continuing a run and
  /// `docs/configuration.md` follow.
  public static let keys: [ConfigurationKey] = [
    ConfigurationKey(
      "run", \.run, .path,
      "folder that receives everything the run makes; `{model}`, or another key in braces, stands for its value",
      required: true,
      mayChange: true, otherNames: ["output", "exp-root", "run-folder"]),
    ConfigurationKey(
      "data", \.data, .path, "HDF5 dataset, made by pac prepare", required: true,
      otherNames: ["dataset", "data-root"]),
    ConfigurationKey("target", \.target, .choice, "what is upsampled", only: .upsampling),
    ConfigurationKey("train-split", \.trainSplit, .text, "split to train on"),
    ConfigurationKey("test-split", \.testSplit, .text, "split to measure on"),
    ConfigurationKey(
      "val-ratio", \.validationRatio, .belowOne,
      "share of the training split, at its end, set aside for validation",
      otherNames: ["validation-ratio"]),
    ConfigurationKey(
      "model", \.model, .model,
      "network, or a filter without parameters, which can be measured but not trained: see docs/models.md, "
        + "and docs/segmentation.md for networks that segment",
      otherNames: ["network"]),
    ConfigurationKey(
      "factor", \.factor, .oneOf([2, 4, 8, 16]),
      "upsampling factor", only: .upsampling, required: true,
      otherNames: ["scale"]),
    ConfigurationKey(
      "zero-guidance", \.zeroGuidance, .flag,
      "whether the network sees a black image in place of the guide: how much does the guide help?",
      only: .upsampling, otherNames: ["blank-guide", "no-guidance"]),
    ConfigurationKey(
      "init", \.initialValues, .choice,
      "initial parameters: as published, or close to bilinear interpolation",
      only: .upsampling, otherNames: ["initial-values"]),
    ConfigurationKey(
      "weights", \.weights, .optional(.path),
      "weights that a new run starts from: .pth, .safetensors, a checkpoint or a run folder",
      otherNames: ["load-weights", "pretrained", "initial-weights"]),
    ConfigurationKey(
      "weights-backbone", \.backboneWeights, .optional(.path),
      "weights of the backbone by their published names, such as fcn8s_from_caffe.pth; needed if the backbone is frozen",
      only: .segmentation, otherNames: ["load-weights-backbone", "backbone-weights"]),
    ConfigurationKey(
      "seed", \.seed, .wholeNumber(from: 0), "what every random number of the run is derived from"),
    ConfigurationKey(
      "epochs", \.epochs, .wholeNumber(from: 1), "passes over the training split", required: true,
      mayChange: true),
    ConfigurationKey(
      "global-batch", \.globalBatchSize, .wholeNumber(from: 1),
      "samples per optimiser step, over all ranks", otherNames: ["batch-size", "train-batch"]),
    ConfigurationKey(
      "crop", \.cropSize, .wholeNumber(from: 1),
      "width and height of a training crop in pixels; a multiple of factor to upsample",
      otherNames: ["crop-size", "train-crop"]),
    ConfigurationKey(
      "test-crop", \.testCrop, .crop,
      "width and height of the square in the middle that is measured", only: .segmentation),
    ConfigurationKey(
      "scale-jitter", \.scaleJitter, .number("1 or more") { $0 >= 1 },
      "r: images are scaled by factors from 1/r to r before they are cropped; 1 = never",
      only: .segmentation, otherNames: ["train-scale", "scale-augmentation"]),
    ConfigurationKey(
      "color-jitter", \.colorJitter, .belowOne,
      "j: brightness, contrast and saturation are multiplied by factors from 1 - j to 1 + j; 0 = never",
      only: .segmentation, otherNames: ["colour-jitter"]),
    ConfigurationKey("flip", \.flip, .flag, "whether half of the crops are mirrored"),
    ConfigurationKey(
      "lowres", \.lowResolution, .choice,
      "how the low-resolution target is made: one pixel of each block, or smoothed and resized",
      only: .upsampling, otherNames: ["low-resolution", "lowres-mode"]),
    ConfigurationKey(
      "border", \.border, .wholeNumber(from: 0),
      "pixels along each edge left out of loss and measure",
      only: .upsampling, otherNames: ["ignored-border", "eval-border"]),
    ConfigurationKey(
      "loss", \.loss, .loss,
      "what is minimised: the mean square of normalised values; of raw ones its root, or the mean length of the difference (end-point error)"
    ),
    ConfigurationKey("optimizer", \.optimizer, .choice, "rule that turns gradients into steps"),
    ConfigurationKey(
      "lr", \.learningRate, .positive, "learning rate of epoch 0", otherNames: ["learning-rate"]),
    ConfigurationKey(
      "lr-steps", \.learningRateSteps, .epochs,
      "epochs, counted from 0, from which on the learning rate is multiplied by lr-decay once more",
      otherNames: ["learning-rate-steps", "milestones"]),
    ConfigurationKey(
      "lr-decay", \.learningRateDecay, .number("above 0 and at most 1") { $0 > 0 && $0 <= 1 },
      "factor applied to the learning rate at each of lr-steps",
      otherNames: ["learning-rate-decay", "gamma"]),
    ConfigurationKey(
      "momentum", \.momentum, .belowOne, "sgd: share of the previous step that is kept"),
    ConfigurationKey(
      "weight-decay", \.weightDecay, .notNegative,
      "multiple of each parameter that is added to its gradient"),
    ConfigurationKey("beta1", \.beta1, .belowOne, "adam: decay of the mean of gradients"),
    ConfigurationKey("beta2", \.beta2, .belowOne, "adam: decay of the mean of squared gradients"),
    ConfigurationKey(
      "epsilon", \.epsilon, .positive, "adam: added to the root of the mean square",
      otherNames: ["eps"]),
    ConfigurationKey(
      "reduction", \.reduction, .choice,
      "order in which gradients are added: the same bits on any number of ranks, or as MPI prefers",
      otherNames: ["all-reduce"]),
    ConfigurationKey(
      "test-every", \.testEvery, .wholeNumber(from: 0),
      "epochs between two measurements on the test split; 0 = only at the end", mayChange: true,
      otherNames: ["test-interval"]),
    ConfigurationKey(
      "checkpoint-every", \.checkpointEvery, .wholeNumber(from: 0),
      "epochs between two checkpoints; 0 = only at the end", mayChange: true),
    ConfigurationKey(
      "checkpoint-every-steps", \.checkpointEverySteps, .wholeNumber(from: 0),
      "optimiser steps between two checkpoints; 0 = none inside an epoch", mayChange: true),
    ConfigurationKey(
      "keep", \.keepCheckpoints, .wholeNumber(from: 1),
      "how many checkpoints stay in the run folder, the newest", mayChange: true,
      otherNames: ["keep-checkpoints", "max-to-keep"]),
    ConfigurationKey(
      "read-ahead", \.readAhead, .wholeNumber(from: 1), "samples that each rank reads ahead",
      mayChange: true, otherNames: ["prefetch", "num-workers", "num-data-worker"]),
    ConfigurationKey(
      "steps", \.steps, .optional(.wholeNumber(from: 1)),
      "upper bound on optimiser steps; training stops early", mayChange: true,
      otherNames: ["max-steps"]),
    ConfigurationKey(
      "max-minutes", \.maximumMinutes, .optional(.positive),
      "wall-clock limit: training stops cleanly after the step that passes it", mayChange: true),
    ConfigurationKey(
      "stall-timeout", \.stallTimeout, .optional(.positive),
      "seconds after which a rank that gives no sign of life or makes no progress ends the job; "
        + "none = wait for ever", mayChange: true),
  ]

  /// The text of `docs/configuration.md`.
  public static var documentation: String {
    let rows = keys.map { key in
      let byDefault = key.defaultValue.map { "`\($0)`" } ?? "required"
      let mayChange = key.mayChange ? "yes" : "no"
      let only = key.only.map { "\($0.rawValue): " } ?? ""
      return
        "| `\(key.name)` | \(byDefault) | \(key.allowed) | \(only)\(key.summary) | \(mayChange) |"
    }
    return """
      # Configuration

      A run is described by one YAML file of `key: value` lines, and by `key=value` arguments after it, which
      win over the file. A list is written `[10, 20]`, as an argument also `10,20`. Unknown keys, keys given
      twice, wrong types and values out of range are errors that name the place. Paths are relative to the
      folder in which the command runs. The run folder receives the resolved configuration, every key with
      its value.

      A key whose meaning begins with "upsampling" or "segmentation" belongs to networks of that kind and is an error with
      the other. With segmentation networks `loss` is `ce`, `crop` 449 and `test-split` `val` by default.

      A key with "yes" in the last column may be changed when a run is continued; the others decide what
      the run computes.

      | key | default | allowed | meaning | may change |
      |---|---|---|---|---|
      \(rows.joined(separator: "\n"))

      """
  }
}
