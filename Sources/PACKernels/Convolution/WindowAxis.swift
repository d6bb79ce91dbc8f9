/// One axis (rows or columns) of an ordinary convolution or pooling.
public struct WindowAxis: Hashable, Sendable {
  /// The input's extent.
  public var input: Int
  /// The number of taps.
  public var size: Int
  /// Outputs are this many input pixels apart.
  public var stride: Int
  /// Zeros added at each end of the input.
  public var padding: Int
  /// The distance between taps.
  public var dilation: Int

  /// Makes an axis.
  public init(input: Int, size: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1) {
    self.input = input
    self.size = size
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
  }

  /// The output's extent; 0 where the window does not fit.
  public var output: Int {
    let last = input + 2 * padding - dilation * (size - 1) - 1
    return last < 0 ? 0 : last / stride + 1
  }
}
