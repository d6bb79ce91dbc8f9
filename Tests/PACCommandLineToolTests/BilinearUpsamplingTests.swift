import Foundation
import PACTestSupport
import Testing

/// Bilinear upsampling of depth maps and flow against metrics that the reference computed in double
/// precision, following the published protocol from the files to the metric.
@Suite struct BilinearUpsamplingTests {
  /// A set of samples: how it is prepared and evaluated, and the names of its samples in the table.
  struct Part: CustomTestStringConvertible {
    let testDescription: String
    let table: String
    let prepare: [String]
    var settings: [String] = []
    var metric = "rmse"
    let samples: Int
    let row: @Sendable (String) -> String
  }

  private static let flow = ["target=flow", "lowres=bilinear", "border=0"]

  private static func pairs(_ colors: String, _ depths: String, _ more: String...) -> [String] {
    ["pairs", "--rgb", colors, "--depth", depths, "--test-ratio", "1"] + more
  }

  private static func depthName(_ color: String) -> String {
    color.replacing("_color", with: "_depth")
  }

  /// The repository's own samples.
  static let own: [Part] = {
    let folder = reference("Samples")
    let table = "\(folder)/bilinear.csv"
    return [
      Part(
        testDescription: "disparity", table: table,
        prepare: pairs("\(folder)/disparity/rgb", "\(folder)/disparity/depth", "--no-missing"),
        samples: 3, row: { "disparity,\(depthName($0)).png" }),
      Part(
        testDescription: "metres", table: table,
        prepare: pairs("\(folder)/metres", "\(folder)/metres", "--unit", "metre"), samples: 3,
        row: { "metres,\($0).npy" }),
      Part(
        testDescription: "flow", table: table,
        prepare: ["sintel", "\(folder)/sintel", "--test-scenes", "alley_1,cave_4,market_5"],
        settings: flow, metric: "epe", samples: 3, row: { "sintel,\($0).flo" }),
    ]
  }()

  /// Photographs beside the package, if they are there.
  static let larger: [Part] = {
    guard let table = sharedData("golden/real_bilinear.csv"), let folder = sharedData("data") else {
      return []
    }
    return [
      Part(
        testDescription: "middlebury", table: table,
        prepare: pairs("\(folder)/middlebury/rgb", "\(folder)/middlebury/depth", "--no-missing"),
        samples: 30, row: { "middlebury,\(depthName($0)).png" }),
      Part(
        testDescription: "nyu", table: table,
        prepare: pairs("\(folder)/nyu/dctnet", "\(folder)/nyu/dctnet", "--unit", "metre"),
        samples: 3, row: { "nyu,\($0).npy" }),
      Part(
        testDescription: "sintel, clean pass", table: table,
        prepare: [
          "sintel", "\(folder)/sintel", "--test-scenes", "alley_1,alley_2,cave_2,market_5",
        ], settings: flow, metric: "epe", samples: 4, row: { "sintel,\($0).flo" }),
      Part(
        testDescription: "sintel, final pass", table: table,
        prepare: [
          "sintel", "\(folder)/sintel_final_only", "--pass", "final", "--test-scenes",
          "bandage_1,cave_4,temple_3",
        ], settings: flow, metric: "epe", samples: 3, row: { "sintel,\($0).flo" }),
    ]
  }()

  @Test(arguments: own + larger)
  func everyRow(_ part: Part) throws {
    let folder = try TemporaryFolder()
    let program = try product("pac").path
    let prepared = try run(
      program, ["prepare"] + part.prepare + ["--out", folder("d.h5")], timeout: 60)
    try #require(prepared.status == 0, "\(prepared.errors)")
    let yaml = "run: r\ndata: \(folder("d.h5"))\nmodel: Bilinear\nfactor: 4\nepochs: 1\n"
    try folder.write(Data(yaml.utf8), as: "c.yaml")
    let expected = try Self.figures(part.table)
    for factor in [4, 8, 16] {
      let result = try run(
        program,
        ["evaluate", folder("c.yaml"), "--json", "factor=\(factor)"] + part.settings, timeout: 120)
      try #require(result.status == 0, "\(result.errors)")
      let lines = result.output.split(separator: "\n").dropLast()
      #expect(lines.count == part.samples)
      for line in lines {
        let fields = try #require(
          try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        let row = "\(part.row(fields["sample"] as? String ?? "")),\(factor)"
        let value = try #require(fields[part.metric] as? Double)
        let figure = try #require(expected[row], "\(row)")
        // Four digits; and the table itself is rounded to five decimals.
        #expect(abs(value - figure) <= 5e-5 * figure + 5e-6, "\(row): \(value), \(figure)")
      }
    }
  }

  /// The metrics by set, file and factor.
  private static func figures(_ path: String) throws -> [String: Double] {
    let rows = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst()
      .map { $0.split(separator: ",") }
    return Dictionary(
      uniqueKeysWithValues: rows.compactMap { row in
        Double(row[6]).map { (row[..<3].joined(separator: ","), $0) }
      })
  }
}
