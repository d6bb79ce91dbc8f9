import PACHDF5

/// The group of a checkpoint file in which the state is stored; files of runs without validation
/// lack it (`docs/checkpoint-format.md`).
extension ValidationState {
  private static let group = "validation"

  /// Writes the state, unless there was no validation.
  func write(to root: HDF5Group) throws {
    guard step > 0 else { return }
    let group = try root.createGroup(Self.group)
    try group.setAttribute("step", step)
    try group.setAttribute("without_improvement", withoutImprovement)
    guard let best else { return }
    try group.setAttribute("best_value", best.value)
    try group.setAttribute("best_step", best.step)
    try group.setAttribute("best_epoch", best.epoch)
  }

  /// Reads the state; that before the first validation if the file has none.
  init(_ root: HDF5Group) throws {
    self.init()
    guard try root.names().contains(Self.group) else { return }
    let group = try root.group(Self.group)
    step = try group.count("step")
    withoutImprovement = try group.count("without_improvement")
    guard group.hasAttribute("best_step") else { return }
    let value = try group.double(attribute: "best_value")
    guard value.isFinite else {
      throw group.error("the attribute best_value is \(value), expected a finite number")
    }
    best = Best(
      value: value, step: try group.count("best_step"), epoch: try group.count("best_epoch"))
  }
}
