import Foundation
import PACCheckpoints
import PACData
import PACTestSupport
import Testing

/// A task that no target in Sources knows works with the ordinary commands: see docs/extending.md.
@Suite struct DenoisingTaskTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try prepareSynthetic(
      to: folder("data.h5"),
      options: SyntheticOptions(
        kind: .rooms, count: 9, test: .count(3), width: 64, height: 48, seed: 5))
    let yaml = """
      run: \(folder("run"))
      data: \(folder("data.h5"))
      model: GuidedDenoiser_6
      noise: 0.2
      crop: 32
      global-batch: 3
      epochs: 4
      lr: 0.005
      """
    _ = try folder.write(Data(yaml.utf8), as: "c.yaml")
  }

  private func run(_ command: String, ranks: Int = 1, _ arguments: String...) throws -> String {
    let job = try mpirun(
      ranks: ranks, product("PACDenoisingTask"), [command, folder("c.yaml")] + arguments,
      timeout: 120)
    let errors = job.ranks.map(\.errors).joined()
    #expect(job.ranks.map(\.status) == Array(repeating: 0, count: ranks), "\(errors)")
    #expect(job.command.status == 0 && !job.command.timedOut)
    return job.ranks.map(\.output).joined()
  }

  private func bits(_ run: String) throws -> [[UInt32]] {
    let recovery = try CheckpointStore(folder: folder("\(run)/checkpoints")).latestGood()
    return try #require(recovery).checkpoint.parameters.map {
      $0.value.elements.map(\.bitPattern)
    }
  }

  @Test(.enabled(if: hasMPI, "mpirun"))
  func twoRanksAndAResumedRunGiveTheSameBits() throws {
    _ = try run("train")
    _ = try run("train", ranks: 2, "run=\(folder("two"))")
    #expect(try bits("two") == bits("run"))
    _ = try run("train", ranks: 2, "run=\(folder("resumed"))", "epochs=1")
    #expect(try bits("resumed") != bits("run"))
    _ = try run("train", ranks: 2, "run=\(folder("resumed"))")
    #expect(try bits("resumed") == bits("run"))
  }

  @Test(.enabled(if: hasMPI, "mpirun"))
  func evaluatesAndPredicts() throws {
    _ = try run("train", ranks: 2, "epochs=12")
    let alone = try run("evaluate", "--weights", folder("run"), "--json")
    let last = try #require(alone.split(separator: "\n").last)
    let summary = try #require(
      try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any])
    #expect(summary["model"] as? String == "GuidedDenoiser_6")
    let rmse = try #require(summary["rmse"] as? Double)
    let noise = try #require(summary["noise"] as? Double)
    #expect(rmse < 0.75 * noise, "\(rmse) of \(noise)")
    // The network's own share of the samples, in the order of the split.
    let shared = try run("evaluate", ranks: 2, "--weights", folder("run"), "--json")
    #expect(shared == alone)

    _ = try run("predict", ranks: 2, "--weights", folder("run"), "--out", folder("out"))
    let table = try String(contentsOfFile: folder("out/predictions.csv"), encoding: .utf8)
    let rows = table.split(separator: "\n")
    #expect(rows.count == 4 && rows[0] == "name,picture,rmse,noise")
    for row in rows.dropFirst() {
      let cells = row.split(separator: ",")
      #expect(FileManager.default.fileExists(atPath: folder("out/\(cells[1])")))
    }
  }

  @Test func errorsNameTheTask() throws {
    func text(_ setting: String) throws -> String {
      try PACTestSupport.run(
        product("PACDenoisingTask").path, ["train", folder("c.yaml"), setting], timeout: 60
      ).errors
    }
    #expect(
      try text("factor=4").hasSuffix(
        "override: factor: has no effect with model GuidedDenoiser_6, a denoising network; remove it\n"
      ))
    #expect(
      try text("model=GuidedDenoiser").hasSuffix(
        "override: model: 'GuidedDenoiser' is not of the form GuidedDenoiser_{channels}, such as GuidedDenoiser_8\n"
      ))
  }
}
