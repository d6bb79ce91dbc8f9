import PACData
import PACTestSupport
import Testing

/// Colour images with depth, from the files to the dataset; the sums were taken with NumPy and
/// Pillow, those of the repository's own samples by `Tests/Reference/make_samples.py`.
@Suite struct PrepareSamplesTests {
  /// A set of pairs and what must be read from it.
  struct Pairs: CustomTestStringConvertible {
    let testDescription: String
    let colors: String
    let depths: String
    let options: PairsOptions
    let splits: [String: [Int]]
    let names: [String]
    let known: [Known]
  }

  /// A sample's sizes and sums.
  struct Known {
    let index: Int
    let height: Int
    let width: Int
    let colors: [Int]
    let depth: Double
    var zeros = 0
    let center: Float
  }

  private static let noMissing = PairsOptions(hasMissingDepth: false, test: .count(1))
  private static let metres = PairsOptions(depthUnit: .metre, test: .count(3))
  private static let millimetres = PairsOptions(
    depthScale: 0.001, depthUnit: .metre, test: .ratio(0.34))

  static let own = [
    Pairs(
      testDescription: "disparity", colors: reference("Samples/disparity/rgb"),
      depths: reference("Samples/disparity/depth"), options: noMissing,
      splits: ["train": [0, 1], "test": [2]],
      names: ["scene_01_color", "scene_02_color", "scene_03_color"],
      known: [
        Known(
          index: 0, height: 74, width: 86, colors: [940225, 911003, 861063], depth: 688448,
          center: 170),
        Known(
          index: 1, height: 70, width: 93, colors: [789536, 790232, 1_028_099], depth: 732611,
          center: 123),
        Known(
          index: 2, height: 77, width: 80, colors: [687433, 541475, 736267], depth: 650412,
          center: 180),
      ]),
    Pairs(
      testDescription: "metres, column-major", colors: reference("Samples/metres"),
      depths: reference("Samples/metres"), options: metres,
      splits: ["train": [], "test": [0, 1, 2]], names: ["1000", "1001", "1002"],
      known: [
        Known(
          index: 0, height: 60, width: 80, colors: [680534, 640404, 591154], depth: 20839.497112,
          center: 1.5184896),
        Known(
          index: 1, height: 60, width: 80, colors: [487872, 561416, 524717], depth: 19863.552220,
          center: 4.4721355),
        Known(
          index: 2, height: 60, width: 80, colors: [701373, 872703, 782093], depth: 20782.368572,
          center: 2.1955729),
      ]),
    Pairs(
      testDescription: "millimetres with holes", colors: reference("Samples/millimetres"),
      depths: reference("Samples/millimetres"), options: millimetres,
      splits: ["train": [0, 1], "test": [2]], names: ["rgb_00000", "rgb_00050", "rgb_00100"],
      known: [
        Known(
          index: 0, height: 48, width: 64, colors: [500472, 292188, 544780], depth: 14038.903,
          zeros: 213, center: 4.116),
        Known(
          index: 1, height: 48, width: 64, colors: [282131, 367815, 445286], depth: 13341.376,
          zeros: 256, center: 2.867),
        Known(
          index: 2, height: 48, width: 64, colors: [247960, 301830, 447549], depth: 10941.153,
          zeros: 319, center: 2.909),
      ]),
  ]

  /// Photographs beside the package, where there are.
  static let larger: [Pairs] = {
    guard let nyu = sharedData("data/nyu"), let middlebury = sharedData("data/middlebury") else {
      return []
    }
    return [
      Pairs(
        testDescription: "Middlebury", colors: "\(middlebury)/rgb", depths: "\(middlebury)/depth",
        options: PairsOptions(hasMissingDepth: false, test: .count(6)),
        splits: ["train": Array(0..<24), "test": Array(24..<30)],
        names: (1...30).map { "Middlebury_\($0 < 10 ? "0" : "")\($0)_output_color" },
        known: [
          Known(
            index: 0, height: 370, width: 427, colors: [26_854_833, 27_806_030, 21_456_818],
            depth: 11_486_495, zeros: 1, center: 66),
          Known(
            index: 14, height: 370, width: 437, colors: [23_968_937, 14_645_140, 6_295_222],
            depth: 22_674_939, zeros: 10, center: 160),
          Known(
            index: 29, height: 381, width: 432, colors: [22_253_839, 18_316_779, 12_053_647],
            depth: 10_871_370, center: 35),
        ]),
      Pairs(
        testDescription: "NYU, metres", colors: "\(nyu)/dctnet", depths: "\(nyu)/dctnet",
        options: metres, splits: ["train": [], "test": [0, 1, 2]], names: ["1000", "1001", "1002"],
        known: [
          Known(
            index: 1, height: 480, width: 640, colors: [38_115_837, 32_058_770, 36_362_156],
            depth: 804724.005748272, center: 3.8780611)
        ]),
      Pairs(
        testDescription: "NYU, millimetres", colors: "\(nyu)/metric3d", depths: "\(nyu)/metric3d",
        options: millimetres, splits: ["train": [0, 1], "test": [2]],
        names: ["rgb_00000", "rgb_00050", "rgb_00100"],
        known: [
          Known(
            index: 0, height: 480, width: 640, colors: [30_215_162, 30_153_265, 30_239_278],
            depth: 805_536.601, zeros: 82079, center: 3.015),
          Known(
            index: 2, height: 480, width: 640, colors: [33_597_191, 31_688_682, 29_122_640],
            depth: 574_303.696, zeros: 101230, center: 2.319),
        ]),
    ]
  }()

  @Test(arguments: own + larger)
  func everyValue(_ pairs: Pairs) throws {
    let folder = try TemporaryFolder()
    try preparePairs(
      colors: pairs.colors, depths: pairs.depths, to: folder("set.h5"), options: pairs.options)
    let reader = try DatasetReader(folder("set.h5"))
    #expect(reader.names == pairs.names)
    #expect(reader.splits == pairs.splits)
    for known in pairs.known {
      let sample = try reader.read(known.index)
      let depth = sample.depth?.elements ?? []
      #expect(reader.size(of: known.index) == (known.height, known.width))
      #expect(depth[known.height / 2 * known.width + known.width / 2] == known.center)
      #expect(depth.count { $0 == 0 } == known.zeros)
      let sum = depth.reduce(0) { $0 + Double($1) }
      #expect(abs(sum - known.depth) < 1e-6 * known.depth)
      // Decoders of JPEG may differ by a level in places.
      let pixels = known.height * known.width
      for (channel, expected) in known.colors.enumerated() {
        let bytes = sample.image.bytes[channel * pixels..<(channel + 1) * pixels]
        #expect(abs(bytes.reduce(0) { $0 + Int($1) } - expected) <= pixels / 100)
      }
    }
  }
}
