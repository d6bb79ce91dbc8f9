import Foundation
import PACHDF5
import PACTensors

/// One case of a case file: inputs, parameters and expected results.
struct VerificationCase {
  let name: String
  let operation: String
  let configuration: [String: Any]
  /// An array passes if max |ours − expected| ≤ tolerance · max(max |expected|, 0.1).
  let tolerance: Double
  private let group: HDF5Group

  init(_ name: String, in file: HDF5Group) throws {
    group = try file.group(name)
    self.name = name
    operation = try group.string(attribute: "op")
    tolerance = try group.double(attribute: "rtol")
    let text = try group.string(attribute: "config")
    guard let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)),
      let configuration = object as? [String: Any]
    else { throw group.error("attribute 'config' is not a JSON object") }
    self.configuration = configuration
  }

  /// An array by its path within the case, such as `inputs/guide`; nil if the case has none.
  func array(_ path: String) throws -> Tensor? {
    guard group.contains(path) else { return nil }
    let dataset = try group.dataset(path)
    return try Tensor(Shape(dataset.shape)) { try dataset.read(into: $0) }
  }

  /// An array the case must have.
  func required(_ path: String) throws -> Tensor {
    guard let array = try array(path) else { throw group.error("array '\(path)' is missing") }
    return array
  }

  /// Every array below a group of the case, by its path within that group.
  func arrays(below folder: String) throws -> [String: Tensor] {
    guard group.contains(folder) else { return [:] }
    let paths = try group.group(folder).datasetPaths()
    return try Dictionary(
      uniqueKeysWithValues: paths.map { ($0, try required("\(folder)/\($0)")) })
  }

  /// A setting that the case must have, of the requested type.
  func setting<T>(_ key: String, as type: T.Type = T.self) throws -> T {
    guard let value = configuration[key] as? T else {
      throw group.error("attribute 'config' has no \(type) '\(key)'")
    }
    return value
  }
}

/// The deviation of one array from the expected one.
struct Deviation {
  let array: String
  /// max |ours − expected| / max(max |expected|, 0.1); infinite if the shapes differ or a value is
  /// non-finite.
  let error: Double

  init(_ array: String, _ ours: Tensor, _ expected: Tensor) {
    self.array = array
    guard ours.count == expected.count else {
      error = .infinity
      return
    }
    var largest = 0.1
    var difference = 0.0
    for (a, b) in zip(ours.elements, expected.elements) {
      largest = max(largest, Double(abs(b)))
      difference = max(difference, a.isFinite ? Double(abs(a - b)) : .infinity)
    }
    error = difference / largest
  }
}
