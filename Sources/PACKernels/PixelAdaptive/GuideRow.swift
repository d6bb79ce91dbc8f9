/// The guidance that a whole row of outputs reads at one offset from its windows' corner.
struct GuideRow {
  /// The guidance pixel of output 0 of the row; it exists only if 0 is in `valid`.
  let start: Int
  /// Guidance pixels from one output to the next.
  let step: Int
  /// The outputs whose guidance lies within the image; zero is read for the others.
  let valid: Range<Int>
}

extension PacGeometry {
  /// What row `output` of the outputs reads `rowOffset` rows and `columnOffset` columns from the
  /// windows' corner.
  func guideRow(output: Int, rowOffset: Int, columnOffset: Int) -> GuideRow {
    let y = rows.guideStart + rowOffset + rows.guideStep * output
    let first = columns.guideStart + columnOffset
    let step = columns.guideStep
    guard y >= 0, y < rows.guide else { return GuideRow(start: 0, step: step, valid: 0..<0) }
    let lower = first >= 0 ? 0 : min((-first + step - 1) / step, columns.output)
    let beyond = columns.guide - first
    let upper = beyond <= 0 ? 0 : min((beyond + step - 1) / step, columns.output)
    return GuideRow(start: y * columns.guide + first, step: step, valid: lower..<max(lower, upper))
  }

  /// What row `output` of the outputs reads under one tap.
  func guideRow(output: Int, tap: Int) -> GuideRow {
    guideRow(
      output: output, rowOffset: rows.dilation * (tap / columns.size),
      columnOffset: columns.dilation * (tap % columns.size))
  }
}
