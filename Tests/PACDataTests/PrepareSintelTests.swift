import Foundation
import PACData
import PACImageFiles
import PACTestSupport
import Testing

@Suite struct PrepareSintelTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes frames into the published layout, each with values that tell scene, pass and number.
  private func write(
    _ scene: String, _ numbers: some Sequence<Int>, passes: [String] = ["clean"],
    width: Int = 3, height: Int = 2
  ) throws {
    for number in numbers {
      let file = String(format: "frame_%04d", number)
      for (index, pass) in passes.enumerated() {
        try makeFolder("\(pass)/\(scene)")
        let samples = (0..<3 * width * height).map { UInt16(($0 + 10 * number + index) % 256) }
        try PNG.write(
          Raster(width: width, height: height, channels: 3, samples: samples),
          to: folder("training/\(pass)/\(scene)/\(file).png"))
      }
      try makeFolder("flow/\(scene)")
      try FlowField(
        width: width, height: height,
        components: (0..<2 * width * height).map { Float($0) / 4 - Float(number) }
      ).write(to: folder("training/flow/\(scene)/\(file).flo"))
    }
  }

  private func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(
      atPath: folder("training/\(name)"), withIntermediateDirectories: true)
  }

  private func prepare(
    _ root: String? = nil, _ options: SintelOptions = SintelOptions(),
    warn: (String) -> Void = { _ in }
  ) throws -> DatasetReader {
    try prepareSintel(
      from: root ?? folder.path, to: folder("set.h5"), options: options, warn: warn)
    return try DatasetReader(folder("set.h5"))
  }

  private func problem(_ options: SintelOptions = SintelOptions()) -> String {
    message { _ = try prepare(nil, options) }.replacing(folder.path, with: "T")
  }

  @Test func everyValue() throws {
    try write("alley_1", [2, 10, 9], passes: ["clean", "final"])
    try write("bamboo_2", [24, 25, 49])
    // The last image of a scene has no flow of its own.
    let last = "training/clean/bamboo_2/frame_0049.png"
    try FileManager.default.copyItem(
      atPath: folder(last), toPath: folder("training/clean/bamboo_2/frame_0050.png"))
    var warnings: [String] = []
    let reader = try prepare(warn: { warnings.append($0) })
    #expect(
      reader.names == [
        "alley_1/frame_0002", "alley_1/frame_0009", "alley_1/frame_0010", "bamboo_2/frame_0024",
        "bamboo_2/frame_0025", "bamboo_2/frame_0049",
      ])
    #expect(reader.splits == ["train": [0, 1, 2, 3], "test": [4, 5]])
    #expect(reader.fields == [.image, .flow])
    #expect(reader.description.collection == "MPI-Sintel")
    for (index, number) in [2, 9, 10, 24, 25, 49].enumerated() {
      let sample = try reader.read(index)
      #expect(sample.flow?.elements == (0..<12).map { Float($0) / 4 - Float(number) })
      let bytes = (0..<3).flatMap { c in
        (0..<6).map { UInt8((3 * $0 + c + 10 * number) % 256) }
      }
      #expect(sample.image == ByteImage(channels: 3, height: 2, width: 3, bytes: bytes))
    }
    #expect(warnings.count == 1)
    #expect(
      warnings[0].replacing(folder.path, with: "T")
        == "T: 6 of the 1041 published pairs, 4 of 908 to train and 2 of 133 to test; incomplete: "
        + "alley_1 3 of 49, alley_2 0 of 49, ambush_2 0 of 20 and 20 more scenes"
    )
    let final = try prepare(folder("training"), SintelOptions(pass: .final))
    #expect(final.names.count == 3)
    #expect(try final.read(0).image.bytes[0] == 21)
  }

  @Test func publishedSplit() throws {
    // The published counts of pairs, scene by scene.
    let short = ["ambush_2": 20, "ambush_4": 32, "ambush_6": 19, "market_6": 39]
    let scenes =
      "alley_1 alley_2 ambush_2 ambush_4 ambush_5 ambush_6 ambush_7 bamboo_1 bamboo_2 bandage_1 bandage_2 "
      + "cave_2 cave_4 market_2 market_5 market_6 mountain_1 shaman_2 shaman_3 sleeping_1 "
      + "sleeping_2 "
      + "temple_2 temple_3"
    for scene in scenes.split(separator: " ").map(String.init) {
      try write(scene, 1...(short[scene] ?? 49), width: 1, height: 1)
    }
    var warnings: [String] = []
    let reader = try prepare(warn: { warnings.append($0) })
    #expect(warnings == [])
    #expect(reader.count == 1041)
    #expect(reader.splits["train"]?.count == 908)
    let held = reader.splits["test"]?.map { reader.names[$0] } ?? []
    let expected = [
      ("ambush_6", 1...19), ("bamboo_2", 25...49), ("cave_4", 25...49), ("market_6", 1...39),
      ("temple_2", 25...49),
    ].flatMap { scene, range in
      range.map { "\(scene)/frame_\(String(format: "%04d", $0))" }
    }
    #expect(held == expected)
    #expect(held.count == 133)
  }

  @Test func chosenScenes() throws {
    try write("cave_4", [41, 42])
    try write("my_scene", [1])
    let reader = try prepare(nil, SintelOptions(testScenes: ["my_scene"]))
    #expect(reader.splits == ["train": [0, 1], "test": [2]])
    #expect(
      problem(SintelOptions(testScenes: ["my_scene", "market_7"]))
        == "T: no scene market_7 to hold out; there is cave_4, my_scene")
  }

  @Test func unknownVectorsAndMissingImages() throws {
    try write("alley_1", [1, 2], width: 2, height: 1)
    try FlowField(width: 2, height: 1, components: [.nan, 1, 2, -1e9]).write(
      to: folder("training/flow/alley_1/frame_0001.flo"))
    try FileManager.default.removeItem(
      atPath: folder("training/clean/alley_1/frame_0002.png"))
    var warnings: [String] = []
    let reader = try prepare(warn: { warnings.append($0) })
    #expect(try reader.read(0).flow?.elements == [1e10, 1, 1e10, -1e9])
    #expect(
      warnings.first?.replacing(folder.path, with: "T")
        == "T/training/flow/alley_1/frame_0002.flo: no image of this frame; left out")
  }

  /// A damaged archive of the complete dataset held the upper half of every flow twice.
  @Test func repeatedHalves() throws {
    try write("alley_1", [1, 2, 3], width: 2, height: 5)
    func remarks() throws -> [String] {
      try prepareSintel(from: folder.path, to: folder("set.h5")).remarks.map {
        $0.replacing(folder.path, with: "T")
      }
    }
    #expect(try remarks() == [])
    // Rows 0 and 2, 1 and 3 are equal; the last one belongs to no half.
    let plane = [1, 2, 3, 4, 1, 2, 3, 4, 7, 8] as [Float]
    for number in 1...2 {
      try FlowField(width: 2, height: 5, components: plane + plane).write(
        to: folder("training/flow/alley_1/frame_000\(number).flo"))
    }
    #expect(try remarks() == [])
    let third = folder("training/flow/alley_1/frame_0003.flo")
    try FlowField(width: 2, height: 5, components: plane + plane).write(to: third)
    #expect(
      try remarks() == [
        "T: all 3 flows hold their upper half twice, as in a damaged archive of the complete "
          + "dataset; download the flow again, from the archive that holds it alone"
      ])
    // Nothing moves: equal, but not repeated.
    try FlowField(width: 2, height: 5, components: [Float](repeating: 0, count: 20)).write(
      to: third)
    #expect(try remarks() == [])
  }

  @Test func clearErrors() throws {
    #expect(
      problem()
        == "T: no folder training/flow; name the folder into which MPI-Sintel was unpacked")
    try makeFolder("flow/alley_1")
    #expect(problem() == "T/training: no folder clean; unpack the images, too")
    try makeFolder("final")
    #expect(problem() == "T/training: no folder clean; there is final")
    try makeFolder("clean")
    #expect(
      problem() == "T/training/flow: no scene with frame_NNNN.flo; unpack the flow again")
    try write("alley_1", [1, 2])
    try FlowField(width: 1, height: 1, components: [0, 0]).write(
      to: folder("training/flow/alley_1/frame_0002.flo"))
    #expect(
      problem()
        == "T/training/flow/alley_1/frame_0002.flo: 1 × 1 vectors (rows × columns), but "
        + "T/training/clean/alley_1/frame_0002.png has 2 × 3 pixels; unpack both again"
    )
    try folder.write(Foundation.Data("text".utf8), as: "training/flow/alley_1/frame_0002.flo")
    #expect(
      problem().hasPrefix("T/training/flow/alley_1/frame_0002.flo: not a .flo file; "))
    #expect(try folder.names() == ["training"])
  }

  /// Frames and flow in MPI-Sintel's folders.
  struct Frames: CustomTestStringConvertible {
    let root: String
    let pass: SintelPass
    let size: [Int]
    let names: [String]
    let splits: [String: [Int]]
    var testDescription: String { "\(names[0]), \(pass)" }
  }

  /// The repository's own samples, and film frames beside the package where there are.
  static let frames =
    [SintelPass.clean, .final].map { pass in
      Frames(
        root: reference("Samples/sintel"), pass: pass, size: [44, 72],
        names: ["alley_1/frame_0002", "cave_4/frame_0041", "market_5/frame_0002"],
        splits: ["train": [0, 2], "test": [1]])
    }
    + [sharedData("data/sintel")].compactMap { root in
      root.map {
        Frames(
          root: $0, pass: .clean, size: [436, 1024],
          names: ["alley_1", "alley_2", "cave_2", "market_5"].map { "\($0)/frame_0002" },
          splits: ["train": [0, 1, 2, 3], "test": []])
      }
    }
    + [sharedData("data/sintel_final_only")].compactMap { root in
      root.map {
        Frames(
          root: $0, pass: .final, size: [436, 1024],
          names: ["bandage_1/frame_0035", "cave_4/frame_0041", "temple_3/frame_0022"],
          splits: ["train": [0, 2], "test": [1]])
      }
    }

  @Test(arguments: frames)
  func publishedFolders(_ frames: Frames) throws {
    let reader = try prepare(frames.root, SintelOptions(pass: frames.pass))
    #expect(reader.names == frames.names)
    #expect(reader.splits == frames.splits)
    #expect([reader.maximumHeight, reader.maximumWidth] == frames.size)
    for (index, name) in frames.names.enumerated() {
      let field = try FlowField(contentsOf: "\(frames.root)/training/flow/\(name).flo")
      let image = try PNG.read("\(frames.root)/training/\(frames.pass)/\(name).png")
      let sample = try reader.read(index)
      #expect(sample.flow?.elements == field.components)
      // The file holds the colours pixel by pixel, the dataset one after the other.
      let colors = (0..<3).flatMap { channel in
        stride(from: channel, to: image.samples.count, by: 3).map { UInt8(image.samples[$0]) }
      }
      #expect(sample.image.bytes == colors)
    }
  }
}
