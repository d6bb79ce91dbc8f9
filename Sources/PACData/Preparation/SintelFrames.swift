import Foundation

/// A rendering pass of the film; the raw value is the name of its folder.
public enum SintelPass: String, Sendable, CaseIterable {
  /// Shaded, without blur and atmosphere.
  case clean
  /// As in the film.
  case final
  /// Surface colours only.
  case albedo
}

/// A frame of MPI-Sintel whose flow to the next frame is known.
struct SintelFrame: Equatable {
  let scene: String
  /// The number in the file's name, from 1.
  let number: Int
  let image: String
  let flow: String

  /// `alley_1/frame_0002`.
  var name: String { "\(scene)/\(String(format: "frame_%04d", number))" }
}

/// The contents of the published folders of MPI-Sintel.
struct SintelFolders {
  /// Every flow field with its first frame, by scene name and frame.
  let frames: [SintelFrame]
  /// The paths of flow fields whose first frame is missing in the chosen pass.
  let withoutImage: [String]

  /// Lists `training/PASS/SCENE/frame_NNNN.png` and `training/flow/SCENE/frame_NNNN.flo`.
  /// - Parameters:
  ///   - root: the folder of `training`, or `training` itself.
  ///   - pass: the rendering pass of the images.
  /// - Throws: `DataError` if there is no flow field, or none with an image.
  init(_ root: String, pass: SintelPass) throws(DataError) {
    try requireFolder(root)
    let training = try isFolder("\(root)/training") ? "\(root)/training" : root
    guard try isFolder("\(training)/flow") else {
      throw DataError(
        "\(root): no folder training/flow; name the folder into which MPI-Sintel was unpacked")
    }
    guard try isFolder("\(training)/\(pass.rawValue)") else {
      let found = try SourceFolder(training).folders()
      let others = SintelPass.allCases.map(\.rawValue).filter(found.contains)
      throw DataError(
        "\(training): no folder \(pass.rawValue); "
          + (others.isEmpty
            ? "unpack the images, too" : "there is \(others.joined(separator: ", "))"))
    }
    var frames: [SintelFrame] = []
    var withoutImage: [String] = []
    for scene in try SourceFolder("\(training)/flow").folders() {
      let files = try SourceFolder("\(training)/flow/\(scene)").files(["flo"])
      for file in files.sorted(by: naturallyPrecedes) {
        guard let number = frameNumber(file) else { continue }
        let frame = SintelFrame(
          scene: scene, number: number,
          image: "\(training)/\(pass.rawValue)/\(scene)/\(stem(file)).png",
          flow: "\(training)/flow/\(scene)/\(file)")
        if try fileExists(frame.image) {
          frames.append(frame)
        } else {
          withoutImage.append(frame.flow)
        }
      }
    }
    guard !frames.isEmpty else {
      throw DataError(
        withoutImage.first.map { "\($0): no image of this frame in \(training)/\(pass.rawValue)" }
          ?? "\(training)/flow: no scene with frame_NNNN.flo; unpack the flow again")
    }
    self.frames = frames
    self.withoutImage = withoutImage
  }
}

/// The 1041 published pairs and which of them the paper holds out (docs/mathematics.md#splits).
enum SintelSplit {
  /// The number of pairs in each scene.
  static let pairs: [String: Int] = {
    let long = [
      "alley_1", "alley_2", "ambush_5", "ambush_7", "bamboo_1", "bamboo_2", "bandage_1",
      "bandage_2", "cave_2", "cave_4", "market_2", "market_5", "mountain_1", "shaman_2",
      "shaman_3", "sleeping_1", "sleeping_2", "temple_2", "temple_3",
    ]
    let short = ["ambush_2": 20, "ambush_4": 32, "ambush_6": 19, "market_6": 39]
    return Dictionary(uniqueKeysWithValues: long.map { ($0, 49) }).merging(short) { $1 }
  }()

  /// The number of pairs held out at the end of a scene.
  static let heldOut = [
    "ambush_6": 19, "bamboo_2": 25, "cave_4": 25, "market_6": 39, "temple_2": 25,
  ]

  static let pairCount = pairs.values.reduce(0, +)
  static let testCount = heldOut.values.reduce(0, +)

  /// Whether a frame is held out; only its number decides, not which other frames exist.
  static func isTest(_ frame: SintelFrame) -> Bool {
    guard let all = pairs[frame.scene], let last = heldOut[frame.scene] else { return false }
    return frame.number > all - last
  }
}

/// The number in `frame_0012.flo`, nil for other names.
private func frameNumber(_ file: String) -> Int? {
  guard let match = file.wholeMatch(of: /frame_([0-9]{4,})\.flo/) else { return nil }
  return Int(match.1)
}
