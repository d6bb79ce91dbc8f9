import Foundation
import PACData
import PACImageFiles
import PACTestSupport
import Testing

@Suite(.serialized) struct PredictCommandTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try prepareSynthetic(
      to: folder("data.h5"),
      options: SyntheticOptions(count: 7, test: .count(5), width: 48, height: 32, seed: 3))
    let yaml = """
      run: \(folder("run"))
      data: \(folder("data.h5"))
      model: Bilinear
      factor: 8
      epochs: 1
      """
    try folder.write(Foundation.Data(yaml.utf8), as: "c.yaml")
  }

  private func contents(_ out: String, _ file: some StringProtocol) throws -> Foundation.Data {
    try Foundation.Data(contentsOf: URL(fileURLWithPath: folder("\(out)/\(file)")))
  }

  @Test func writesEverySampleAndListsIt() throws {
    let out = folder("one")
    let result = try pac("predict", folder("c.yaml"), "--out", out, "border=4")
    #expect(result.status == 0, "\(result)")
    #expect(
      result.output
        == "\(out): wrote 5 predictions, listed in \(out)/predictions.csv\n"
    )
    let table = String(decoding: try contents("one", "predictions.csv"), as: UTF8.self)
    let rows = table.split(separator: "\n").map { $0.split(separator: ",") }
    #expect(rows[0] == ["name", "depth", "errors", "picture", "scale", "lightest", "rmse"])
    #expect(rows.dropFirst().map { $0[0] } == (2..<7).map { "scene_000\($0)" })
    for (row, index) in zip(rows.dropFirst(), 2..<7) {
      let scene = SyntheticScene(seed: 3, index: index, width: 48, height: 32).render()
      let truth = try #require(scene.depth).elements
      let prediction = try PNG.read("\(out)/\(row[1])")
      #expect(prediction.bitDepth == 16)
      #expect(try PNG.read("\(out)/\(row[3])").width == 5 * 48 + 4 * 4)
      // What the files hold gives the error that the table states, up to their millimetres.
      let scale = try #require(Double(row[4]))
      var sum = 0.0
      for y in 4..<28 {
        for x in 4..<44 {
          let error = Double(prediction.samples[y * 48 + x]) * scale - Double(truth[y * 48 + x])
          sum += error * error
        }
      }
      let measured = 100 * (sum / Double(24 * 40)).squareRoot()
      #expect(abs(measured - (Double(row[6]) ?? 0)) < 0.1, "\(row)")
    }
  }

  @Test(.enabled(if: hasMPI), arguments: [2, 3])
  func ranksShareTheWork(ranks: Int) throws {
    let alone = try pac("predict", folder("c.yaml"), "--out", folder("alone"))
    #expect(alone.status == 0, "\(alone)")
    let job = try mpirun(
      ranks: ranks, try product("pac"),
      ["predict", folder("c.yaml"), "--out", folder("shared"), "--json"])
    #expect(job.succeeded, "\(job)")
    #expect(job.ranks[0].output.hasPrefix(#"{"path":"\#(folder("shared"))","samples":5,"#))
    #expect(job.ranks.dropFirst().allSatisfy { $0.output.isEmpty })
    let table = String(decoding: try contents("shared", "predictions.csv"), as: UTF8.self)
    #expect(try contents("alone", "predictions.csv") == contents("shared", "predictions.csv"))
    for row in table.split(separator: "\n").dropFirst() {
      for file in row.split(separator: ",")[1...3] {
        #expect(try contents("alone", file) == contents("shared", file), "\(file)")
      }
    }
  }

  /// Predictions of two runs are not mixed; the same ones may be written again.
  @Test(arguments: hasMPI ? [1, 2] : [1])
  func refusesAFolderOfAnotherRun(ranks: Int) throws {
    func predict(_ arguments: String...) throws -> (status: Int32, errors: String) {
      let job = try mpirun(
        ranks: ranks, try product("pac"),
        ["predict", folder("c.yaml"), "--out", folder("out")] + arguments)
      return (job.command.status, job.ranks.map(\.errors).joined())
    }
    #expect(try predict().status == 0)
    #expect(try predict().status == 0)
    let table = try contents("out", "predictions.csv")
    let other = try predict("model=JBU_17_0.1_1")
    #expect(other.status == 1)
    #expect(
      other.errors
        == "error: \(folder("out")): holds predictions of another run (network: Bilinear, factor 8, now "
        + "JBU_17_0.1_1, factor 8); choose another folder, or write into this one with --force\n")
    #expect(try contents("out", "predictions.csv") == table)
    #expect(try predict("--first", "2").errors.contains("(samples: all, now first 2)"))
    #expect(try predict("model=JBU_17_0.1_1", "--force").status == 0)
    #expect(try contents("out", "predictions.csv") != table)
    #expect(try predict("model=JBU_17_0.1_1").status == 0)
    // One of an earlier version.
    try FileManager.default.removeItem(atPath: folder("out/predictions.yaml"))
    #expect(
      try predict("model=JBU_17_0.1_1").errors.contains("holds predictions of an unknown run"))
  }

  @Test(.enabled(if: hasMPI), arguments: [1, 2])
  func failures(ranks: Int) throws {
    func error(_ arguments: String...) throws -> (line: String, status: Int32) {
      let job = try mpirun(
        ranks: ranks, try product("pac"), ["predict", folder("c.yaml")] + arguments)
      #expect(!job.command.timedOut)
      #expect(job.ranks.dropFirst().allSatisfy { $0.errors.isEmpty })
      return (job.ranks[0].errors, job.command.status)
    }
    let file = try folder.write(Foundation.Data(), as: "file")
    let blocked = try error("--out", file)
    #expect(blocked.status == 1)
    #expect(blocked.line.contains("\(file): cannot create the folder"), "\(blocked)")
    #expect(blocked.line.split(separator: "\n").count == 1)
    let noWeights = try error("--out", folder("x"), "model=PacJointUpsample")
    #expect(noWeights.status == 1)
    #expect(noWeights.line.contains("--weights: missing"), "\(noWeights)")
    let noOut = try error()
    #expect(noOut.status == 2)
    #expect(
      noOut.line
        == "error: missing expected argument '--out <dir>'; see 'pac predict --help'\n")
  }
}
