import Foundation
import PACTestSupport
import Testing

/// Bilinear upsampling of real photographs, depth maps and flow against figures computed with scikit-image and PyTorch in
/// double precision (`golden/real_bilinear.csv`), by the published protocol from the files to the measure.
@Suite(
  .enabled(if: sharedData("golden/real_bilinear.csv") != nil, "sample data beside the package"))
struct RealBilinearTests {
  /// A part of the sample data: how it is prepared and measured, and what the table calls its samples.
  struct Part: CustomTestStringConvertible {
    let testDescription: String
    let prepare: [String]
    let settings: [String]
    let row: @Sendable (String) -> String
    let measure: String
    let samples: Int
  }

  private static func folder(_ name: String) -> String { sharedData("data/\(name)") ?? name }

  static let parts = [
    Part(
      testDescription: "middlebury",
      prepare: [
        "pairs", "--rgb", folder("middlebury/rgb"), "--depth", folder("middlebury/depth"),
        "--no-missing", "--test-ratio", "1",
      ], settings: [],
      row: { "middlebury,\($0.replacing("_color", with: "_depth")).png" }, measure: "rmse",
      samples: 30),
    Part(
      testDescription: "nyu",
      prepare: [
        "pairs", "--rgb", folder("nyu/dctnet"), "--depth", folder("nyu/dctnet"), "--unit", "metre",
        "--test-ratio", "1",
      ], settings: [], row: { "nyu,\($0).npy" }, measure: "rmse", samples: 3),
    Part(
      testDescription: "sintel, clean pass",
      prepare: [
        "sintel", folder("sintel"), "--test-scenes", "alley_1,alley_2,cave_2,market_5",
      ], settings: ["target=flow", "lowres=bilinear", "border=0"], row: { "sintel,\($0).flo" },
      measure: "epe", samples: 4),
    Part(
      testDescription: "sintel, final pass",
      prepare: [
        "sintel", folder("sintel_final_only"), "--pass", "final", "--test-scenes",
        "bandage_1,cave_4,temple_3",
      ], settings: ["target=flow", "lowres=bilinear", "border=0"], row: { "sintel,\($0).flo" },
      measure: "epe", samples: 3),
  ]

  @Test(arguments: parts)
  func everyRow(_ part: Part) throws {
    let folder = try TemporaryFolder()
    let program = try product("pac").path
    let prepared = try run(
      program, ["prepare"] + part.prepare + ["--out", folder("d.h5")], timeout: 60)
    try #require(prepared.status == 0, "\(prepared.errors)")
    let yaml = "run: r\ndata: \(folder("d.h5"))\nmodel: Bilinear\nfactor: 4\nepochs: 1\n"
    try folder.write(Data(yaml.utf8), as: "c.yaml")
    let expected = try Self.table()
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
        let value = try #require(fields[part.measure] as? Double)
        let figure = try #require(expected[row], "\(row)")
        // Four digits; and the table itself is rounded to five decimals.
        #expect(abs(value - figure) <= 5e-5 * figure + 5e-6, "\(row): \(value), \(figure)")
      }
    }
  }

  /// The figures by set, file and factor.
  private static func table() throws -> [String: Double] {
    let path = sharedData("golden/real_bilinear.csv") ?? ""
    let rows = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst()
      .map { $0.split(separator: ",") }
    return Dictionary(
      uniqueKeysWithValues: rows.compactMap { row in
        Double(row[6]).map { (row[..<3].joined(separator: ","), $0) }
      })
  }
}
