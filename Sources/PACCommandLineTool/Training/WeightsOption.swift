import ArgumentParser
import PACDistributed

/// Where a network's weights come from.
struct WeightsOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Checkpoint, weights as .h5, .pth or .safetensors, or a run folder of which the newest checkpoint is taken; \
      not needed by Bilinear.
      """, discussion: "{model} and {factor} stand for their values."))
  var weights: String?

  /// Says on standard error what of the weights was chosen or left out; rank 0 does.
  func report(_ note: String, _ communicator: Communicator) {
    if communicator.isRankZero { printError("note: \(note)") }
  }
}
