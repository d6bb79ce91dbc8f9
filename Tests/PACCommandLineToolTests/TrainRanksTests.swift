import Foundation
import PACCheckpoints
import PACTestSupport
import Testing

/// The whole way from the dataset to the checkpoint, on one rank and on several.
@Suite(.enabled(if: hasMPI, "mpirun is not installed"), .serialized)
struct TrainRanksTests {
  let project: TrainingProject

  init() throws { project = try TrainingProject() }

  /// Eleven samples in batches of seven: shards of different sizes, and a last batch of four in
  /// which some ranks have no sample.
  @Test func givesTheSameBitsOnAnyNumberOfRanks() throws {
    let project = try TrainingProject(scenes: 14)
    var checkpoints: [[[[UInt32]]]] = []
    var logs: [String] = []
    for ranks in [1, 2, 3, 4, 7] {
      let run = "run\(ranks)"
      let result = try project(
        "train", ranks: ranks, "run=\(project.folder(run))", "global-batch=7",
        "checkpoint-every-steps=1", "keep=9")
      try #require(result.status == 0, "\(ranks) ranks: \(result.output)\(result.errors)")
      let store = CheckpointStore(folder: project.folder("\(run)/checkpoints"))
      #expect(try store.steps() == [1, 2, 3, 4])
      checkpoints.append(
        try store.steps().map { try Checkpoint(reading: store.path(step: $0)).bits })
      logs.append(try project.text("\(run)/train.log") + project.text("\(run)/test.log"))
      #expect(checkpoints.last == checkpoints.first, "\(ranks) ranks against one")
      #expect(logs.last == logs.first, "\(ranks) ranks against one")
    }
  }

  /// A run that is stopped after every step and resumes with another number of ranks each time.
  @Test(arguments: [
    ["optimizer=adam"], ["optimizer=sgd", "momentum=0.9"],
    ["loss=[l1, 0.5 gradient, 0.1 charbonnier_0.01]"],
    [
      "vertical-flip=true", "rotation=20", "blur=1", "scale-jitter=1.3", "color-jitter=0.2",
    ],
  ])
  func continuesOnAnyNumberOfRanks(settings: [String]) throws {
    let project = try TrainingProject(scenes: 14)
    let settings = ["global-batch=4", "epochs=2"] + settings
    let whole = try project("train", ["run=\(project.folder("straight"))"] + settings)
    try #require(whole.status == 0, "\(whole.errors)")
    for (steps, ranks) in [(1, 3), (2, 1), (3, 4), (4, 2), (5, 1), (6, 4)] {
      let result = try project(
        "train", ranks: ranks, ["run=\(project.folder("parts"))", "steps=\(steps)"] + settings)
      try #require(result.status == 0, "\(result.errors)")
    }
    let expected = try #require(try project.checkpoint("straight"))
    let continued = try #require(try project.checkpoint("parts"))
    #expect(expected.step == 6 && continued.step == 6)
    #expect(continued.bits == expected.bits)
    #expect(continued.optimizerState.stepCount == 6)
    #expect(try project.text("straight/train.log") == project.text("parts/train.log"))
  }

  /// Some parameters have other rates, some are frozen; a run that is stopped after every step
  /// resumes with another number of ranks each time.
  @Test(arguments: ["adam", "adamw", "sgd"])
  func rulesForParametersOnAnyNumberOfRanks(optimizer: String) throws {
    let project = try TrainingProject(scenes: 14)
    let start = try project("train", "run=\(project.folder("start"))", "steps=2")
    try #require(start.status == 0, "\(start)")
    let settings = [
      "global-batch=4", "optimizer=\(optimizer)", "weight-decay=0.01", "epochs=2",
      "weights=\(project.folder("start"))",
      #"parameters=[{match: "*.bias", lr: 2, weight-decay: 0}, {match: "branch_g.*", lr: 0}, "#
        + #"{match: "*convts.0.*", lr: 0}, {match: "branch_[tj].conv1.weight", lr: 0.5}]"#,
    ]
    let whole = try project("train", ["run=\(project.folder("straight"))"] + settings)
    try #require(whole.status == 0, "\(whole.errors)")
    #expect((whole.output + whole.errors).contains("parameters branch_g.*: frozen; "), "\(whole)")
    for (steps, ranks) in [(1, 3), (2, 1), (3, 4), (4, 2), (5, 1), (6, 4)] {
      let result = try project(
        "train", ranks: ranks, ["run=\(project.folder("parts"))", "steps=\(steps)"] + settings)
      try #require(result.status == 0, "\(result.errors)")
    }
    let first = try #require(try project.checkpoint("start"))
    let expected = try #require(try project.checkpoint("straight"))
    let continued = try #require(try project.checkpoint("parts"))
    #expect(expected.step == 6 && continued.step == 6)
    #expect(continued.bits == expected.bits)
    #expect(try project.text("straight/train.log") == project.text("parts/train.log"))
    #expect(try project.text("straight/test.log") == project.text("parts/test.log"))

    let frozen = Set(expected.frozen)
    #expect(frozen.contains("branch_g.conv1.bias") && frozen.contains("up_convts.0.weight"))
    #expect(!frozen.contains("branch_t.conv1.weight") && continued.frozen == expected.frozen)
    for (before, after) in zip(first.parameters, expected.parameters) {
      let isSame =
        before.value.elements.map(\.bitPattern) == after.value.elements.map(\.bitPattern)
      #expect(before.name == after.name && isSame == frozen.contains(after.name), "\(after.name)")
    }
    let trained = expected.parameters.filter { !frozen.contains($0.name) }
      .reduce(0) { $0 + $1.value.count }
    #expect(expected.optimizerState.slots.values.allSatisfy { $0.count == trained })

    // The checkpoint holds all that an evaluation needs.
    let measured = try project("evaluate", "--weights", project.folder("parts"))
    #expect(measured.status == 0, "\(measured)")
    let changed = try project(
      "train", ["run=\(project.folder("parts"))"] + settings + ["parameters=[]"])
    #expect(
      changed.status == 1 && changed.errors.contains("parameters: [], was [{match: "), "\(changed)")
  }

  @Test(arguments: [1, 2])
  func rulesThatDoNotFitAreErrors(_ ranks: Int) throws {
    let result = try project("train", ranks: ranks, #"parameters=[{match: "*.biass", lr: 2}]"#)
    #expect(
      result.status != 0
        && result.errors.contains(
          "error: override: parameters: '*.biass' matches no parameter of PacJointUpsampleLite: "
            + "branch_t.conv1.weight, "),
      "\(result)")
  }

  /// Networks that PacJointUpsample is compared with, from training to predictions.
  @Test(arguments: ["KernelPredictionUpsample", "DMSG", "DJFR"])
  func otherNetworksOnAnyNumberOfRanks(_ model: String) throws {
    func pac(_ command: String, ranks: Int = 1, _ arguments: String...) throws -> String {
      let result = try project(command, ranks: ranks, ["model=\(model)", "epochs=1"] + arguments)
      try #require(result.status == 0, "\(result.errors)")
      return result.output
    }
    let (straight, parts) = (project.folder("straight"), project.folder("parts"))
    _ = try pac("train", "run=\(straight)")
    _ = try pac("train", ranks: 3, "run=\(parts)", "steps=1")
    _ = try pac("train", ranks: 2, "run=\(parts)")
    let expected = try #require(try project.checkpoint("straight"))
    #expect(expected.step == 3)
    #expect(try project.checkpoint("parts")?.bits == expected.bits)
    #expect(try project.text("straight/train.log") == project.text("parts/train.log"))

    let metrics = try pac("evaluate", "--weights", straight, "--json")
    #expect(try pac("evaluate", ranks: 2, "--weights", parts, "--json") == metrics)
    _ = try pac("predict", "--weights", straight, "--out", project.folder("predictions"))
    let rows = try project.text("predictions/predictions.csv").split(separator: "\n")
    #expect(rows.count == 4, "a head and three samples: \(rows)")
  }

  /// If the bits will differ, the user is told once.
  @Test func saysWhenTheLastBitsWillDiffer() throws {
    try #require(try project("train", ranks: 2, "steps=1").status == 0)
    let first = try #require(try project.checkpoint()?.arithmetic)
    #expect(first.threads == 1 && first.processor.contains(" family "))
    #expect(!first.instructionSet.isEmpty)
    let same = try project("train", "steps=2")
    #expect(same.status == 0 && !(same.output + same.errors).contains("warning"), "\(same)")
    let other = try run(
      project.pac.path, ["train", project.folder("train.yaml"), "steps=3"],
      environment: ["OMP_NUM_THREADS": "2"], timeout: TrainingProject.timeout)
    #expect(other.status == 0, "\(other)")
    let warnings = (other.output + other.errors).split(separator: "\n").filter {
      $0.contains("warning")
    }
    #expect(warnings.count == 1, "\(other)")
    #expect(
      warnings.first?.contains("was computed differently (now 2 threads per rank instead of 1)")
        ?? false, "\(other)")
    #expect(try project.checkpoint()?.arithmetic?.threads == 2)
  }

  /// The order is MPI's own: other bits, but the same training.
  @Test func theFastestReductionTrainsAsWell() throws {
    let settings = ["reduction=fastest", "epochs=1"]
    var parameters: [[Float]] = []
    for ranks in [1, 2, 3] {
      let result = try project(
        "train", ranks: ranks, ["run=\(project.folder("run\(ranks)"))"] + settings)
      try #require(result.status == 0, "\(result.errors)")
      let checkpoint = try #require(try project.checkpoint("run\(ranks)"))
      parameters.append(checkpoint.parameters.flatMap { $0.value.elements })
    }
    for other in parameters.dropFirst() {
      #expect(other.count == parameters[0].count)
      // Adam divides by the magnitude of gradients: where a gradient is nothing but rounding error,
      // the first steps may differ by a whole step each, here three times 10⁻³.
      #expect(zip(other, parameters[0]).allSatisfy { abs($0 - $1) <= 6e-3 })
      let far = zip(other, parameters[0]).count { abs($0 - $1) > 1e-5 }
      #expect(far < other.count / 100, "\(far) of \(other.count)")
    }
    let changed = try project("train", "run=\(project.folder("run1"))", "epochs=2")
    #expect(changed.status == 1)
    #expect(changed.errors.contains("reduction: repeatable, was fastest"), "\(changed.errors)")
  }

  @Test func measuresTheSameOnAnyNumberOfRanks() throws {
    try #require(try project("train", "epochs=1").status == 0)
    let outputs = try (1...4).map { ranks in
      try project("evaluate", ranks: ranks, "--weights", project.folder("run"), "--json")
    }
    for result in outputs {
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.output == outputs[0].output)
    }
    #expect(outputs[0].output.split(separator: "\n").count == 4, "three samples and their mean")
    #expect(outputs[0].output.contains("\"unit\":\"cm\""))
  }

  @Test(arguments: [1, 2])
  func continuesBitForBit(_ ranks: Int) throws {
    let straight = project.folder("straight")
    let parts = project.folder("parts")
    let whole = try project("train", ranks: ranks, "run=\(straight)", "epochs=3")
    try #require(whole.status == 0, "\(whole.errors)")
    // Stops in the middle and at the end of an epoch, and resumes each time.
    for steps in ["2", "3", "5"] {
      let result = try project("train", ranks: ranks, "run=\(parts)", "epochs=3", "steps=\(steps)")
      try #require(result.status == 0, "\(result.errors)")
    }
    let last = try project("train", ranks: ranks, "run=\(parts)", "epochs=3")
    try #require(last.status == 0, "\(last.errors)")
    let expected = try #require(try project.checkpoint("straight"))
    let continued = try #require(try project.checkpoint("parts"))
    #expect(expected.step == 9)
    #expect(continued.bits == expected.bits)
    #expect(try project.text("straight/train.log") == project.text("parts/train.log"))
  }

  /// As on hosts of which only the first can access the run folder and the file of weights.
  @Test func theLeaderAloneReadsCheckpointsAndWeights() throws {
    try #require(try project("train", "run=\(project.folder("first"))", "steps=1").status == 0)
    let elsewhere = try TemporaryFolder()
    let start = { (steps: Int) in
      let part = { (folder: String) in
        ["-n", "1", "sh", "-c", "cd \"$0\" && exec \"$@\"", folder, self.project.pac.path, "train"]
          + [self.project.folder("train.yaml"), "run=run", "weights=first", "steps=\(steps)"]
      }
      return try run(
        "mpirun",
        ["-q", "--oversubscribe", "--bind-to", "none"] + part(self.project.folder.path) + [":"]
          + part(elsewhere.path),
        environment: SurvivalProject.environment, timeout: TrainingProject.timeout)
    }
    for steps in [2, 4] {
      let result = try start(steps)
      try #require(result.status == 0, "\(result)")
    }
    let straight = try project(
      "train", "run=\(project.folder("straight"))", "weights=\(project.folder("first"))", "steps=4")
    try #require(straight.status == 0, "\(straight.errors)")
    let expected = try #require(try project.checkpoint("straight"))
    #expect(try project.checkpoint()?.bits == expected.bits)
    #expect(try elsewhere.names().isEmpty)
  }

  @Test func continuesAfterAKill() throws {
    let straight = try project("train", "run=\(project.folder("straight"))", "epochs=6")
    try #require(straight.status == 0, "\(straight.errors)")
    // A real SIGKILL, as soon as there is a checkpoint to resume from.
    let killed = try run(
      "/bin/bash",
      [
        "-c",
        """
        "$0" train "$1" epochs=6 checkpoint-every-steps=1 & pid=$!
        for i in $(seq 2000); do
          ls "$2"/checkpoints/checkpoint_*.h5 >/dev/null 2>&1 && break; sleep 0.01
        done
        kill -KILL $pid; wait $pid
        """, project.pac.path, project.folder("train.yaml"), project.folder("run"),
      ], environment: ["OMP_NUM_THREADS": "1"], timeout: TrainingProject.timeout)
    #expect(killed.status == 128 + SIGKILL)
    let before = try #require(try project.checkpoint())
    #expect(before.step < 18, "the run was over before it was killed")
    let result = try project("train", "epochs=6", "checkpoint-every-steps=1")
    try #require(result.status == 0, "\(result.errors)")
    let expected = try #require(try project.checkpoint("straight"))
    let continued = try #require(try project.checkpoint())
    #expect(continued.bits == expected.bits)
  }

  @Test func learns() throws {
    let result = try project("train", "epochs=30", "test-every=0")
    try #require(result.status == 0, "\(result.errors)")
    let rows = try project.text("run/train.log").split(separator: "\n").dropFirst()
    let losses: [Double] = rows.compactMap { row in Double(row.split(separator: ",")[2]) }
    #expect(losses.count == 30)
    let first: Double = losses.prefix(5).reduce(0, +)
    let last: Double = losses.suffix(5).reduce(0, +)
    #expect(last < 0.9 * first, "\(losses)")
  }
}
