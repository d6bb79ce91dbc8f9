import Foundation
import PACCheckpoints
import PACTestSupport
import Testing

/// Validation beside the test split, the best weights, and the early end.
@Suite(.enabled(if: hasMPI, "mpirun is not installed"), .serialized)
struct ValidationTests {
  let project: TrainingProject

  init() throws { project = try TrainingProject(scenes: 14) }

  /// Eight of eleven samples in batches of four for training, three for validation.
  ///
  /// With this learning rate the loss goes up and down, so that patience ends the run before its
  /// last epoch.
  private static let settings = [
    "val-ratio=0.3", "global-batch=4", "epochs=40", "lr=0.005", "best=rmse", "patience=3",
    "validate-every-steps=3",
  ]

  /// Everything that must not depend on ranks and interruptions.
  private struct Result: Equatable {
    let last: Int
    let best: Int
    let validation: ValidationState
    let bits: [[UInt32]]
    let bestBits: [[UInt32]]
    let logs: [String]
    let summary: [String]
  }

  private func result(_ run: String, _ outcome: TrainingProject.Outcome) throws -> Result {
    let last = try #require(try project.checkpoint(run))
    let best = try Checkpoint(
      reading: CheckpointStore(folder: project.folder("\(run)/checkpoints")).bestPath)
    #expect(last.validation.best?.step == best.step)
    #expect(outcome.output.contains("best \(project.folder(run))/checkpoints/best.h5"))
    return Result(
      last: last.step, best: best.step, validation: last.validation, bits: last.bits,
      bestBits: best.bits,
      logs: try ["train", "test", "validation"].map { try project.text("\(run)/\($0).log") },
      summary: summary(outcome))
  }

  private func summary(_ outcome: TrainingProject.Outcome) -> [String] {
    (outcome.output + outcome.errors).split(separator: "\n").compactMap { line in
      ["best weights (step", "last weights (step"].lazy.compactMap { line.range(of: $0) }.first.map
      {
        String(line[$0.lowerBound...])
      }
    }
  }

  private func train(
    _ run: String, ranks: Int = 1, _ more: String...
  ) throws -> TrainingProject.Outcome {
    let result = try project(
      "train", ranks: ranks, ["run=\(project.folder(run))"] + Self.settings + more)
    try #require(result.status == 0, "\(ranks) ranks: \(result.output)\(result.errors)")
    return result
  }

  /// The undisturbed run, which the others are compared with.
  private func undisturbed() throws -> Result {
    let outcome = try train("straight")
    let result = try result("straight", outcome)
    #expect(
      (outcome.output + outcome.errors).contains(
        "stopped early by patience, 3 validations without improvement, after"), "\(outcome)")
    #expect(result.best > 0 && result.best < result.last, "\(result.best), \(result.last)")
    #expect(result.last < 80)
    #expect(result.validation.step == result.last && result.validation.withoutImprovement == 3)
    return result
  }

  @Test func endsAlikeOnAnyNumberOfRanksAndInParts() throws {
    let expected = try undisturbed()
    let rows = try project.text("straight/validation.log").split(separator: "\n")
    #expect(rows[0] == "step,epoch,loss,rmse")
    // At the end of each epoch of two steps, and after every third step.
    #expect(rows.dropFirst().map { $0.split(separator: ",")[0] }.prefix(4) == ["2", "3", "4", "6"])
    #expect(
      rows.dropFirst().map { $0.split(separator: ",")[1] }.prefix(3) == ["1.0", "1.5", "2.0"])
    #expect(expected.summary.count == 2, "\(expected.summary)")
    for (line, step) in zip(expected.summary, [expected.best, expected.last]) {
      #expect(line.contains("weights (step \(step)): validation rmse "), "\(line)")
      #expect(line.contains(" cm, loss ") && line.contains("; test rmse "), "\(line)")
    }
    for ranks in [2, 3, 4] {
      let run = "ranks\(ranks)"
      let found = try result(run, try train(run, ranks: ranks))
      #expect(found == expected, "\(ranks) ranks")
    }
    // Stopped within epochs and between them, right at validations and beside them.
    for (steps, ranks) in [(1, 2), (2, 3), (3, 1), (5, 4), (6, 2)] where steps < expected.last {
      _ = try train("parts", ranks: ranks, "steps=\(steps)")
    }
    #expect(try result("parts", try train("parts", ranks: 3)) == expected)
    // A finished run stays as it is; with more patience it goes on.
    #expect(try result("parts", try train("parts", ranks: 2)) == expected)
    _ = try train("parts", "patience=30", "steps=\(expected.last + 2)")
    #expect(try project.checkpoint("parts")?.step == expected.last + 2)
  }

  /// Killed again and again at random moments, with a checkpoint only now and then.
  @Test func killedAndResumedItEndsAlike() throws {
    let expected = try undisturbed()
    let run = project.folder("killed")
    let arguments =
      ["train", project.folder("train.yaml"), "run=\(run)"] + Self.settings
      + ["checkpoint-every=0", "checkpoint-every-steps=5"]
    var kills = 0
    for _ in 0..<6 {
      let job = try RunningCommand(
        project.pac.path, arguments, environment: ["OMP_NUM_THREADS": "1"], timeout: 60)
      let log = "\(run)/validation.log"
      let before = (try? String(contentsOfFile: log, encoding: .utf8).count) ?? 0
      _ = eventually(within: 20) {
        !job.isRunning || ((try? String(contentsOfFile: log, encoding: .utf8).count) ?? 0) > before
      }
      usleep(.random(in: 0..<20_000))
      job.signal(SIGKILL)
      if try job.wait().status == 128 + SIGKILL { kills += 1 }
    }
    #expect(kills > 0)
    let last = try train("killed", "checkpoint-every=0", "checkpoint-every-steps=5")
    #expect(try result("killed", last) == expected)
  }

  /// What a kill leaves behind at any place: a checkpoint from before a validation, and the best
  /// weights and rows of logs from after it.
  @Test func continuesFromAnyCheckpointBesideLaterBestWeights() throws {
    let expected = try undisturbed()
    #expect(
      try result("all", try train("all", "checkpoint-every-steps=1", "keep=99")) == expected)
    let all = CheckpointStore(folder: project.folder("all/checkpoints"))
    #expect(try all.steps() == Array(1...expected.last))
    let files = FileManager.default
    for step in try all.steps() {
      let run = "from\(step)"
      let part = CheckpointStore(folder: project.folder("\(run)/checkpoints"))
      try files.createDirectory(atPath: part.folder, withIntermediateDirectories: true)
      try files.copyItem(atPath: all.path(step: step), toPath: part.path(step: step))
      try files.copyItem(atPath: all.bestPath, toPath: part.bestPath)
      for log in ["train.log", "test.log", "validation.log"] {
        try files.copyItem(
          atPath: project.folder("all/\(log)"), toPath: project.folder("\(run)/\(log)"))
      }
      #expect(
        try result(run, try train(run, ranks: step % 3 + 1)) == expected, "from step \(step)")
    }
  }

  @Test func bestLastAndAnyStepAreEvaluated() throws {
    let expected = try undisturbed()
    let run = project.folder("straight")
    func evaluate(_ weights: String, ranks: Int = 1) throws -> TrainingProject.Outcome {
      try project("evaluate", ranks: ranks, ["val-ratio=0.3", "--weights", weights, "--json"])
    }
    func metrics(_ choice: String, _ note: String) throws -> String {
      let result = try evaluate(run + choice)
      #expect(result.status == 0 && result.errors.contains(note), "\(result)")
      return result.output
    }
    let last = try metrics("", "step \(expected.last), the newest checkpoint of \(run)")
    #expect(try metrics("@last", "step \(expected.last), the newest checkpoint of") == last)
    #expect(try metrics("@\(expected.last)", "step \(expected.last) of \(run)") == last)
    let best = try metrics("@best", "step \(expected.best), the best weights of \(run)")
    #expect(best != last)
    #expect(try metrics("@\(expected.best)", "step \(expected.best) of \(run)") == best)
    #expect(try evaluate("\(run)@best", ranks: 2).output == best)
    for ranks in [1, 2] {
      let missing = try evaluate("\(run)@1", ranks: ranks)
      #expect(missing.status == 1)
      #expect(
        missing.errors.contains("error: \(run): holds no checkpoint of step 1; there is "),
        "\(missing)")
    }
    let pictures = try project(
      "predict", ["--weights", "\(run)@best", "--out", project.folder("out"), "--first", "1"])
    #expect(pictures.status == 0, "\(pictures.errors)")
    // As weights of a new run.
    let next = try project(
      "train", ["run=\(project.folder("next"))", "weights=\(run)@best", "steps=1"])
    #expect(next.status == 0, "\(next.errors)")
    #expect(
      (next.output + next.errors).contains(
        "initial weights from \(run)/checkpoints/best.h5 (checkpoint)"), "\(next)")
  }

  /// Without a test split there are only the samples to validate on, and no test.log.
  @Test func datasetsWithoutATestSplit() throws {
    let project = try TrainingProject(scenes: 6, test: 0)
    let plain = try project("train", ["epochs=1"])
    #expect(plain.status == 1 && plain.errors.contains("the split test is empty"), "\(plain)")
    for ranks in [1, 2] {
      let run = project.folder("run\(ranks)")
      let result = try project("train", ranks: ranks, ["run=\(run)", "epochs=2", "val-ratio=0.4"])
      #expect(result.status == 0, "\(result)")
      let said = result.output + result.errors
      #expect(
        said.contains("holds no samples to test on in a split test, only those to validate on"))
      #expect(said.contains("last weights (step 4): validation rmse "), "\(said)")
      #expect(!said.contains("test rmse"), "\(said)")
      let files = try FileManager.default.contentsOfDirectory(atPath: run)
      #expect(files.contains("validation.log") && !files.contains("test.log"), "\(files)")
      #expect(!files.contains("best.h5"))
    }
    #expect(try project.text("run1/validation.log") == project.text("run2/validation.log"))
    let measured = try project(
      "evaluate", ["val-ratio=0.4", "--weights", project.folder("run1"), "--json"])
    #expect(measured.status == 0, "\(measured.errors)")
    #expect(measured.output.split(separator: "\n").count == 3, "two samples: \(measured.output)")
    let row = try #require(try project.text("run1/validation.log").split(separator: "\n").last)
    #expect(
      measured.output.contains("\"rmse\":\(row.split(separator: ",")[3])"),
      "\(row): \(measured.output)")
  }

  @Test func errors() throws {
    func error(_ arguments: String..., ranks: Int = 1) throws -> String {
      let result = try project("train", ranks: ranks, arguments)
      #expect(result.status == 1, "\(result)")
      let lines = (result.output + result.errors).split(separator: "\n").filter {
        $0.contains("error")
      }
      #expect(lines.count == 1, "\(lines)")
      return lines.first.map(String.init) ?? ""
    }
    let data = project.folder("data.h5")
    for ranks in [1, 2] {
      #expect(
        try error("validation-split=val", ranks: ranks).contains(
          "\(data): no split val; there is empty, test, train"))
      #expect(
        try error("val-ratio=0.3", "best=psnr", ranks: ranks).contains(
          "best: no metric 'psnr'; choose rmse or loss"))
    }
    #expect(
      try error("validation-split=empty").contains("\(data): the split empty is empty"))
    #expect(
      try error("val-ratio=0.05").contains(
        "\(data): val-ratio 0.05 holds out none of the 11 samples of train; increase it"))
    #expect(
      try error("validation-split=train_rand4", "best=loss").contains(
        "\(data): 4 of the 4 samples of validation-split train_rand4 are in train-split train, "
          + "too, the first is "))
    #expect(
      try error("val-ratio=0.3", "test-split=tset").contains(
        "\(data): no split tset; there is empty, test, train"))
    _ = try project("train", ["validation-split=test", "epochs=1"])
    #expect(
      try error("validation-split=test", "epochs=2", "best=loss").contains("best: loss, was none"))
  }

  /// Somebody has taken the best weights away.
  @Test func missingBestWeights() throws {
    _ = try undisturbed()
    try FileManager.default.removeItem(
      atPath: project.folder("straight/checkpoints/best.h5"))
    let again = try train("straight", ranks: 2)
    #expect(
      (again.output + again.errors).contains(
        "best.h5 is missing, but the best weights of this run"),
      "\(again)")
    #expect(summary(again).count == 1)
  }
}
