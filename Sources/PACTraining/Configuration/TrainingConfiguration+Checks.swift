import Foundation
import PACModels

extension TrainingConfiguration {
  /// Two values that do not fit together.
  struct Conflict: Equatable {
    /// The keys concerned, the one most likely to be changed first.
    let keys: [String]
    let problem: String
  }

  /// The first pair of values that do not fit together, nil if all do.
  var conflict: Conflict? {
    let unset = TrainingConfiguration(run: "", data: "", factor: 0, epochs: 0)
    if loss.taskKind != taskKind {
      return Conflict(
        keys: ["loss", "model"],
        problem:
          "loss: \(loss.rawValue) is to \(taskKind == .upsampling ? "segment" : "upsample"), "
          + "\(model.rawValue) is \(taskKind.article) \(taskKind.rawValue) network; choose "
          + (taskKind == .upsampling ? "l2, rmse or epe" : "ce or fce_0.7"))
    }
    if let conflict = upsamplingConflict { return conflict }
    if weights != nil, initialValues != unset.initialValues {
      return Conflict(
        keys: ["init", "weights"],
        problem: "init: has no effect with weights; remove one of the two")
    }
    if optimizer == .adam, momentum != 0 {
      return Conflict(
        keys: ["momentum", "optimizer"],
        problem: "momentum: has no effect with optimizer adam; remove it or choose sgd")
    }
    let adamOnly = [
      ("beta1", beta1 != unset.beta1), ("beta2", beta2 != unset.beta2),
      ("epsilon", epsilon != unset.epsilon),
    ]
    if optimizer == .sgd, let key = adamOnly.first(where: \.1)?.0 {
      return Conflict(
        keys: [key, "optimizer"],
        problem: "\(key): has no effect with optimizer sgd; remove it or choose adam")
    }
    return nil
  }

  private var upsamplingConflict: Conflict? {
    guard case .upsampling(let model) = model else { return nil }
    do throws(ModelError) {
      try model.validate(factor: factor, initialization: initialValues)
    } catch {
      return Conflict(keys: ["factor", "model"], problem: "factor: \(error)")
    }
    if cropSize % factor != 0 {
      let nearest = max(1, (cropSize + factor / 2) / factor) * factor
      return Conflict(
        keys: ["crop", "factor"],
        problem: "crop: \(cropSize) is not a multiple of factor \(factor); choose \(nearest)")
    }
    if 2 * border >= cropSize {
      return Conflict(
        keys: ["border", "crop"],
        problem: "border: \(border) pixels on each side leave nothing of crop \(cropSize)")
    }
    return nil
  }

  /// Every key that belongs to the network with its value, in the order of `keys`, as YAML that reads back as the same configuration.
  public var yaml: String {
    Self.keys.filter(uses).map { "\($0.name): \($0.write(self))\n" }.joined()
  }

  /// A path in which `{KEY}` stands for the value of a key, such as `runs/x{factor}_{model}`.
  /// - Parameters:
  ///   - path: the path; `{run}` is not a key here.
  ///   - place: where it was given, for messages.
  /// - Returns: the path with the values.
  /// - Throws: `TrainingError.configuration` if there is no such key.
  public func fillingIn(_ path: String, at place: String) throws -> String {
    var text = path
    for key in Self.keys where key.name != "run" {
      text = text.replacingOccurrences(of: "{\(key.name)}", with: key.write(self))
    }
    if let wrong = text.firstMatch(of: /\{([^{}]*)\}/) {
      let name = String(wrong.1)
      throw TrainingError.configuration(
        place: place, problem: "{\(name)} stands for no key; \(NearestWord.key(for: name))")
    }
    return text
  }

  /// Why a run made with `earlier` cannot be continued with this configuration to the same result.
  /// - Parameter earlier: the configuration the run was made with.
  /// - Returns: a text such as `factor: 8, was 4` for each key that differs and decides what is computed.
  public func incompatibilities(with earlier: TrainingConfiguration) -> [String] {
    Self.keys.filter { !$0.mayChange }.compactMap { key in
      let (now, before) = (key.write(self), key.write(earlier))
      return now == before ? nil : "\(key.name): \(now), was \(before)"
    }
  }
}
