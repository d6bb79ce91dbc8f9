@testable import Kernels

/// Calls `body` with the positions in output, input and weight of every product of a convolution.
func forEachProduct(_ s: ConvolutionSizes, _ body: (Int, Int, Int) -> Void) {
  let (h, w) = (s.rows.output, s.columns.output)
  for n in 0..<s.batch {
    for o in 0..<s.outputChannels {
      for y in 0..<h {
        for x in 0..<w {
          for c in 0..<s.inputChannels {
            for i in 0..<s.rows.size {
              for j in 0..<s.columns.size {
                let row = y * s.rows.stride - s.rows.padding + i * s.rows.dilation
                let column = x * s.columns.stride - s.columns.padding + j * s.columns.dilation
                guard (0..<s.rows.input).contains(row),
                  (0..<s.columns.input).contains(column)
                else { continue }
                body(
                  ((n * s.outputChannels + o) * h + y) * w + x,
                  ((n * s.inputChannels + c) * s.rows.input + row) * s.columns.input + column,
                  ((o * s.inputChannels + c) * s.rows.size + i) * s.columns.size + j)
              }
            }
          }
        }
      }
    }
  }
}
