import Foundation

/// The evaluation of a network, as it is kept between calls.
struct EvaluationRecord: Codable, Equatable {
  /// What decides the result; if it changes, the network is evaluated again.
  struct Inputs: Codable, Equatable {
    var dataset: String
    var settings: [String: String]
    var weights: String?
    var backbone: String?
  }

  let inputs: Inputs
  /// The metrics by name.
  let metrics: [String: Double]
  /// The metric that the table shows.
  let headline: String
  /// Its unit; `dataset's unit` if it has none.
  let unit: String
  /// The number of test samples.
  let samples: Int

  /// Takes the result from the output of `pac evaluate --json`, whose last line sums it up.
  /// - Throws: `ReproductionError` if the output has another form.
  init(_ inputs: Inputs, output: String) throws {
    let line = output.split(whereSeparator: \.isNewline).last { $0.hasPrefix("{") }
    let object = line.flatMap {
      try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }
    guard let object, let names = object["metrics"] as? [String],
      let headline = object["headline"] as? String, let unit = object["unit"] as? String,
      let samples = object["samples"] as? Int
    else { throw ReproductionError("pac evaluate printed no result") }
    self.inputs = inputs
    self.headline = headline
    self.unit = unit
    self.samples = samples
    metrics = names.reduce(into: [:]) { $0[$1] = (object[$1] as? Double) ?? .nan }
    guard metrics.values.allSatisfy(\.isFinite) else {
      throw ReproductionError("pac evaluate printed a result that is no number: \(line ?? "")")
    }
  }

  /// Reads a record; nil if there is none that this program understands.
  init?(reading path: String) {
    guard let data = FileManager.default.contents(atPath: path),
      let record = try? JSONDecoder().decode(EvaluationRecord.self, from: data)
    else { return nil }
    self = record
  }

  func write(to path: String) throws {
    try writeAtomically(String(decoding: try encoded(self), as: UTF8.self) + "\n", to: path)
  }
}
