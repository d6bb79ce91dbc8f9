import PACConfiguration
import PACTraining

/// The settings of guided denoising: the network, and the keys that only this task has.
struct DenoisingSettings: TaskSettings {
  /// The channels of the network.
  var channels = 8
  /// σ of the noise that is added, relative to the range of each image's depths.
  var noise = 0.1
  /// Width and height of a training crop in pixels.
  var cropSize = 64

  static let task = "denoising"

  static let networks = NetworkNames(
    forms: ["GuidedDenoiser_{channels}"], heads: ["GuidedDenoiser"],
    fault: { name in
      guard name.hasPrefix("GuidedDenoiser") else { return nil }
      return "'\(name)' is not of the form GuidedDenoiser_{channels}, such as GuidedDenoiser_8"
    })

  static let keys: [ConfigurationKey<DenoisingSettings>] = {
    let defaults = DenoisingSettings()
    return [
      ConfigurationKey(
        "noise", \.noise, .notNegative,
        "standard deviation of the noise, relative to the range of each image's depths",
        in: defaults,
        group: .samples, example: "0.2"),
      ConfigurationKey(
        "crop", \.cropSize, .integer(from: 1), "width and height of a training crop in pixels",
        in: defaults,
        group: .samples, example: "128"),
    ]
  }()

  var model: String { "GuidedDenoiser_\(channels)" }

  mutating func choose(model: String) -> Bool {
    let words = model.split(separator: "_", omittingEmptySubsequences: false)
    guard words.count == 2, words[0] == "GuidedDenoiser", let channels = Int(words[1]),
      (1...256).contains(channels)
    else { return false }
    self.channels = channels
    return true
  }
}
