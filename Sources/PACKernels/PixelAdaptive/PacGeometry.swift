/// One axis (rows or columns) of a pixel-adaptive operation.
///
/// An ordinary PAC convolution reads, for output o and tap k, input and guidance at `o·stride −
/// padding + k·dilation`.
///
/// The transposed one is a convolution of stride 1 over the input with `stride − 1` zeros between
/// its pixels and `dilation·(size − 1) − padding` zeros around it; its guidance lives at the
/// output's resolution and is read at `o − dilation·(size − 1)/2 + k·dilation` (Su et al. 2019,
/// section 3; docs/mathematics.md#windows).
public struct PacAxis: Hashable, Sendable {
  /// The number of taps; odd.
  public var size: Int
  /// Output pixels are this many input pixels apart; for the transposed operation the other way
  /// round.
  public var stride: Int
  /// Zeros added at each end of the input.
  public var padding: Int
  /// Pixels added at the far end of a transposed operation's output.
  public var outputPadding: Int
  /// The distance between taps.
  public var dilation: Int
  /// Whether this is the transposed operation.
  public var transposed: Bool
  /// The input's extent.
  public var input: Int

  /// Makes an axis.
  public init(
    size: Int, stride: Int = 1, padding: Int = 0, outputPadding: Int = 0, dilation: Int = 1,
    transposed: Bool = false, input: Int
  ) {
    self.size = size
    self.stride = stride
    self.padding = padding
    self.outputPadding = outputPadding
    self.dilation = dilation
    self.transposed = transposed
    self.input = input
  }

  /// The output's extent, as of PyTorch's Conv2d and ConvTranspose2d; below 1 where nothing fits.
  public var output: Int {
    let reach = dilation * (size - 1)
    if transposed { return (input - 1) * stride - 2 * padding + reach + 1 + outputPadding }
    let last = input + 2 * padding - reach - 1
    return last < 0 ? 0 : last / stride + 1
  }

  /// The guidance's extent: the output's for the transposed operation, else the input's.
  public var guide: Int { transposed ? output : input }

  /// The step in guidance pixels from one output to the next.
  var guideStep: Int { transposed ? 1 : stride }

  /// Where tap 0 of output 0 reads the guidance.
  var guideStart: Int { transposed ? -(dilation * (size - 1) / 2) : -padding }

  /// The input pixel that tap `tap` of output `output` meets; nil between pixels or outside.
  func inputPosition(output: Int, tap: Int) -> Int? {
    let position: Int
    if transposed {
      let stuffed = output + dilation * tap - (dilation * (size - 1) - padding)
      guard stuffed >= 0, stuffed % stride == 0 else { return nil }
      position = stuffed / stride
    } else {
      position = output * stride - padding + dilation * tap
    }
    return position >= 0 && position < input ? position : nil
  }

  /// The outputs split into classes within which every tap meets the input at a constant distance.
  ///
  /// One class for the ordinary operation. The transposed one has `stride` of them, and in each
  /// only the taps that fall on a pixel rather than on a stuffed zero: no zero is ever multiplied.
  var phases: [Phase] {
    (0..<(transposed ? stride : 1)).compactMap { phase in
      let count = transposed ? (output - phase + stride - 1) / stride : output
      guard count > 0 else { return nil }
      let taps = (0..<size).compactMap { tap -> Phase.Tap? in
        guard transposed else {
          let position = dilation * tap - padding
          return Phase.Tap(index: tap, input: position, guide: position)
        }
        let stuffed = phase + dilation * tap - (dilation * (size - 1) - padding)
        guard stuffed.isMultiple(of: stride) else { return nil }
        return Phase.Tap(
          index: tap, input: stuffed / stride, guide: phase + guideStart + dilation * tap)
      }
      return Phase(
        start: phase, step: transposed ? stride : 1, count: count,
        inputStep: transposed ? 1 : stride,
        centre: (transposed ? phase : 0) + guideStart + dilation * (size / 2), taps: taps)
    }
  }

  /// One class of outputs: output q of it is pixel `start + step·q`.
  struct Phase: Sendable {
    struct Tap: Sendable {
      /// The tap's number along this axis.
      let index: Int
      /// Meets input pixel `input + inputStep·q`.
      let input: Int
      /// Reads guidance pixel `guide + stride·q`.
      let guide: Int
    }
    let start: Int
    let step: Int
    let count: Int
    let inputStep: Int
    /// The window's centre reads guidance pixel `centre + stride·q`.
    let centre: Int
    let taps: [Tap]
  }
}

/// Both axes of a pixel-adaptive operation.
public struct PacGeometry: Hashable, Sendable {
  /// The row axis.
  public var rows: PacAxis
  /// The column axis.
  public var columns: PacAxis

  /// Puts two axes together.
  public init(rows: PacAxis, columns: PacAxis) {
    self.rows = rows
    self.columns = columns
  }

  /// The number of taps of a window.
  public var taps: Int { rows.size * columns.size }
  /// The number of output pixels.
  public var outputPixels: Int { rows.output * columns.output }
  /// The number of input pixels.
  public var inputPixels: Int { rows.input * columns.input }
  /// The number of guidance pixels.
  public var guidePixels: Int { rows.guide * columns.guide }
}
