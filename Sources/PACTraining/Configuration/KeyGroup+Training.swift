import PACConfiguration

extension KeyGroup {
  /// The run as a whole: its folder, its length.
  public static let run = KeyGroup("Run")
  /// The dataset and its splits.
  public static let data = KeyGroup("Data")
  /// The network.
  public static let network = KeyGroup("Network")
  /// The weights that training starts from.
  public static let weights = KeyGroup("Weights")
  /// How training samples are made: crops, augmentation.
  public static let samples = KeyGroup("Samples and augmentation")
  /// What is minimised.
  public static let loss = KeyGroup("Loss")
  /// The optimizer and its constants.
  public static let optimizer = KeyGroup("Optimizer")
  /// The learning rate and its schedule.
  public static let schedule = KeyGroup("Learning rate")
  /// How ranks share the work.
  public static let ranks = KeyGroup("Batches and ranks")
  /// When and how the network is measured.
  public static let evaluation = KeyGroup("Evaluation")
  /// Checkpoints and what is kept of them.
  public static let checkpoints = KeyGroup("Checkpoints")
  /// The logs of a run.
  public static let logs = KeyGroup("Logs")
}
