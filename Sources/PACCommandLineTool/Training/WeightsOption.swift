import ArgumentParser
import PACDistributed

/// Where a network's weights come from.
struct WeightsOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Weights to load: a checkpoint, a file of weights (.h5, .pth, .safetensors), or a run \
      folder: RUN or RUN@last is its newest checkpoint, RUN@best its best weights, RUN@12000 those \
      of step 12000; required unless the network has no parameters.
      """, discussion: "{model} and {factor} are replaced by their values."))
  var weights: String?

  /// Prints on rank 0's standard error what was chosen from the weights or left out.
  func report(_ note: String, _ communicator: Communicator) {
    if communicator.isRankZero { printError("note: \(note)") }
  }
}
