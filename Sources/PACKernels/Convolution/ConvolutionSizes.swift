/// The sizes of an ordinary convolution: [N, C, H, W] with weights [C′, C, kh, kw] to
/// [N, C′, H′, W′].
public struct ConvolutionSizes: Hashable, Sendable {
  /// N, the number of images.
  public var batch: Int
  /// C, the number of input channels.
  public var inputChannels: Int
  /// C′, the number of output channels.
  public var outputChannels: Int
  /// The row axis.
  public var rows: WindowAxis
  /// The column axis.
  public var columns: WindowAxis

  /// Puts sizes together.
  public init(
    batch: Int, inputChannels: Int, outputChannels: Int, rows: WindowAxis, columns: WindowAxis
  ) {
    self.batch = batch
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.rows = rows
    self.columns = columns
  }

  var input: [Int] { [batch, inputChannels, rows.input, columns.input] }
  var output: [Int] { [batch, outputChannels, rows.output, columns.output] }
  var weight: [Int] { [outputChannels, inputChannels, rows.size, columns.size] }
}
