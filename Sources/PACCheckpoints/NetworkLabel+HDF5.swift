import PACFiles
import PACHDF5
import PACWeights

extension NetworkLabel {
  /// Integer attributes of a file's root that do not belong to the label.
  private static let others: Set = [
    "version", "epoch", "step", "step_in_epoch", "seed", "threads",
  ]

  /// Reads the label from the root of a checkpoint or weight file: the attribute `model` and every
  /// integer attribute that belongs to the network.
  init(_ root: HDF5Group) throws {
    let names = try root.attributeNames().filter {
      try !Self.others.contains($0) && root.isInteger(attribute: $0)
    }
    let numbers = try names.map { (shown($0), try root.integer(attribute: $0)) }
    self.init(
      model: shown(try root.string(attribute: "model")),
      attributes: Dictionary(numbers, uniquingKeysWith: { first, _ in first }))
  }

  /// Writes the label.
  func write(to root: HDF5Group) throws {
    try root.setAttribute("model", model)
    for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
      try root.setAttribute(name, value)
    }
  }
}
