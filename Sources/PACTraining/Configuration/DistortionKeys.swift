import PACConfiguration
import PACData

extension Distortions {
  /// The keys of a task that distorts its training samples.
  /// - Parameter property: where the task's settings hold the distortions.
  /// - Returns: the keys.
  public static func keys<Settings: Sendable>(
    of property: any WritableKeyPath<Settings, Distortions> & Sendable
  ) -> [ConfigurationKey<Settings>] {
    own.map { key in
      key.lifted(
        part: { $0[keyPath: property] },
        change: {
          (whole: inout Settings, body: (inout Distortions) throws(ConfigurationError) -> Bool)
            throws(ConfigurationError) -> Bool in
          try body(&whole[keyPath: property])
        })
    }
  }

  private static let own: [ConfigurationKey<Distortions>] = [
    ConfigurationKey(
      "vertical-flip", \.flipsVertically, .flag,
      "whether half of the crops are mirrored top to bottom; changes the sign of vertical flow",
      in: Distortions(), group: .samples, example: "true",
      otherNames: ["flip-vertical", "vflip", "flip-ud"]),
    ConfigurationKey(
      "rotation", \.rotation, .number("0 to 180") { (0...180).contains($0) },
      """
      r: training images are turned by random angles from -r to r degrees before they are \
      cropped, flow vectors with them; what comes from beyond the image does not count; 0 = off
      """,
      in: Distortions(), group: .samples, example: "10",
      otherNames: ["rotate", "random-rotation", "degrees"]),
    ConfigurationKey(
      "blur", \.blur, .number("0 to 100") { (0...100).contains($0) },
      """
      b: colors of training images are blurred by a Gaussian of random standard deviation, 0 to b \
      pixels; 0 = off
      """,
      in: Distortions(), group: .samples, example: "1.5",
      otherNames: ["gaussian-blur", "random-blur"]),
  ]
}
