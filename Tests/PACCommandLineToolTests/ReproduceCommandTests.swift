import Foundation
import PACCheckpoints
import PACData
import PACReproduction
import PACTestSupport
import Testing

/// Published tables from beginning to end, on a few small frames.
@Suite(.enabled(if: hasMPI, "mpirun is not installed"), .serialized)
struct ReproduceCommandTests {
  private let project: ReproductionProject
  private var folder: TemporaryFolder { project.folder }

  init() throws { project = try ReproductionProject() }

  /// Three frames of MPI-Sintel, one of them for testing.
  private static let frames =
    packageRoot.appendingPathComponent("Tests/Reference/Samples/sintel").path

  /// The table of these frames, by the recipes but for the length of the run and the size of crops.
  private func sintel(_ arguments: String..., epochs: Int = 4, out: String = "out") -> [String] {
    let short = ["crop=32", "epochs=\(epochs)", "lr-steps=2", "checkpoint-every-steps=5"]
    return ["sintel", "--download", Self.frames, "--data", "data.h5", "--out", out]
      + short.flatMap { ["--set", $0] } + arguments
  }

  private func manifest(_ out: String = "out") throws -> Manifest {
    try Manifest(reading: folder("\(out)/manifest.json"))
  }

  /// The cells of a row of the table.
  private func row(_ model: String, _ markdown: String) -> [String] {
    let line = markdown.split(separator: "\n").first { $0.hasPrefix("| \(model) |") } ?? ""
    return line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
  }

  private func started(_ result: CommandResult) -> [String] {
    result.errors.split(separator: "\n").filter { $0.contains(": started") }
      .map { String($0.prefix { $0 != ":" }) }
  }

  // MARK: - The whole way

  @Test func fromTheDownloadToTheTable() throws {
    let arguments = sintel("--factors", "4,8", "--pictures", "1", "--slots", "2")
    let result = try project(arguments)
    try #require(result.status == 0, "\(result)")
    let jobs = ["x4", "x8"].flatMap { factor in
      ["Bilinear", "DJIF", "PacJointUpsample"].map { "\(factor)_\($0)" }
    }
    #expect(
      Set(started(result))
        == Set(
          ["prepare", "draw x4", "draw x8"] + jobs.map { "evaluate \($0)" }
            + jobs.filter { !$0.hasSuffix("Bilinear") }.map { "train \($0)" }))
    // The table: ours beside the paper's, which has other samples.
    let table = try project.text("out/table.md")
    #expect(result.output.hasPrefix(table))
    #expect(table.contains("| network | ×4 epe, px | ×4 paper | ×8 epe, px | ×8 paper |"))
    let bilinear = row("Bilinear", table)
    #expect([bilinear[2], bilinear[4]] == ["0.4650", "0.9011"])
    #expect(row("PacJointUpsample", table)[4] == "0.2558")
    #expect(table.contains("results are for 133 samples: they are not comparable"))
    // Ours is what pac evaluate prints.
    let run = "out/runs/x8_DJIF"
    let evaluated = try PACTestSupport.run(
      product("pac").path,
      [
        "evaluate", packageRoot.appendingPathComponent("Configs/sintel_x8.yaml").path,
        "data=\(folder("data.h5"))", "model=DJIF", "--weights", folder(run), "--json",
      ], environment: ["OMP_NUM_THREADS": "1"], timeout: 60)
    let value = try #require(try manifest().results.networks["x8_DJIF"]?.metrics["epe"])
    #expect(evaluated.output.contains("\"epe\":\(value),"), "\(value): \(evaluated)")
    #expect(row("DJIF", table)[3] == String(format: "%.4f", value))
    let csv = try project.text("out/table.csv").split(separator: "\n")
    #expect(csv.count == 7 && csv[0] == "model,factor,seed,metric,unit,value,paper,samples,problem")
    #expect(csv.contains("DJIF,8,0,epe,px,\(value),0.4382,1,"), "\(csv)")
    let pictures = try FileManager.default.contentsOfDirectory(
      atPath: folder("out/pictures/x8/pictures"))
    #expect(pictures.count == 1)

    // Again: nothing is done, and nothing changes.
    let files = ["table.md", "table.csv", "manifest.json"]
    let before = try files.map { try project.text("out/\($0)") }
    let again = try project(arguments + ["--check", "out/manifest.json"])
    #expect(again.status == 0 && started(again) == [], "\(again)")
    #expect(again.output.hasSuffix("out/manifest.json: the same results, bit for bit\n"))
    #expect(try files.map { try project.text("out/\($0)") } == before)

    // What differs from somebody else's manifest is named.
    var other = try manifest()
    other.results.networks["x4_DJIF"]?.weights = "0badbabe"
    other.circumstances.machine.processor = "another"
    try folder.write(try JSONEncoder().encode(other), as: "other.json")
    let checked = try project(arguments + ["--check", "other.json"])
    #expect(checked.status == 1)
    #expect(checked.errors.hasSuffix("error: other.json: 1 result differs\n"), "\(checked)")
    #expect(checked.output.contains("different: networks/x4_DJIF/weights: "))
    #expect(checked.output.contains("computed differently: machine/processor: "))

    // One more network trains only that; a removed record is evaluated again.
    try FileManager.default.removeItem(atPath: folder("out/records/x4_DJIF.json"))
    let more = try project(arguments + ["--models", "DJIF,PacJointUpsampleLite"])
    let lite = ["4", "8"].flatMap { factor in
      ["train", "evaluate"].map { "\($0) x\(factor)_PacJointUpsampleLite" }
    }
    #expect(
      Set(started(more)) == Set(lite + ["evaluate x4_DJIF", "draw x4", "draw x8"]), "\(more)")
  }

  /// A recipe that differs is not mixed with what is there.
  @Test func runsOfOtherSettingsAreRefused() throws {
    let arguments = sintel("--factors", "4", "--models", "DJIF", "--pictures", "0")
    #expect(try project(arguments).status == 0)
    let result = try project(arguments + ["--set", "lr=0.5"])
    #expect(result.status == 1 && started(result) == [])
    let errors = result.errors
    #expect(
      errors.hasPrefix("error: out/runs/x4_DJIF/checkpoints/checkpoint_00000008.h5: checkpoint of")
        && errors.contains("with other settings (lr: 0.5, was 0.0001)"), "\(result)")
    #expect(errors.split(separator: "\n").count == 1)
  }

  @Test func severalSeedsGiveMeanAndSpread() throws {
    let arguments = sintel("--factors", "4", "--models", "Bilinear,DJIF", "--pictures", "0")
    #expect(try project(arguments).status == 0)
    // The first seed's run is there already.
    let result = try project(arguments + ["--seeds", "3", "--slots", "2"])
    #expect(result.status == 0, "\(result)")
    #expect(
      Set(started(result))
        == Set([1, 2].flatMap { ["train x4_DJIF_seed\($0)", "evaluate x4_DJIF_seed\($0)"] }))
    let networks = try manifest().results.networks
    let values = try ["", "_seed1", "_seed2"].map {
      try #require(networks["x4_DJIF\($0)"]?.metrics["epe"])
    }
    #expect(Set(values).count == 3)
    let mean = values.reduce(0, +) / 3
    let spread = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 2).squareRoot()
    let cells = row("DJIF", result.output)
    #expect(cells[1] == String(format: "%.4f ± %.4f", mean, spread))
    #expect(result.output.contains("over the seeds 0, 1, 2."))
    #expect(row("Bilinear", result.output)[1].wholeMatch(of: /[0-9.]+/) != nil)
  }

  // MARK: - Interrupted

  /// The same table whatever has happened on the way.
  private func expectSameTable(_ arguments: [String]) throws {
    let end = try project(arguments)
    #expect(end.status == 0, "\(end)")
    let whole = try project(
      sintel("--factors", "4,8", "--models", "DJIF", "--pictures", "0", epochs: 100, out: "whole"))
    #expect(whole.status == 0, "\(whole)")
    let differences = try manifest().differences(from: manifest("whole"))
    #expect(differences.results == [], "\(end)")
    #expect(try project.text("out/table.md") == project.text("whole/table.md"))
  }

  /// On two slots of a hostfile, so that there are mpirun and its ranks as well.
  private func interrupted(ranks: Int) throws -> [String] {
    try folder.write(Data("localhost slots=\(2 * ranks)\n".utf8), as: "hosts")
    return sintel(
      "--factors", "4,8", "--models", "DJIF", "--pictures", "0", "--hostfile", "hosts", "--ranks",
      "\(ranks)", "--threads", "1", epochs: 100)
  }

  private func waitForCheckpoints() throws {
    let stores = ["x4", "x8"].map {
      CheckpointStore(folder: folder("out/runs/\($0)_DJIF/checkpoints"))
    }
    let came = try eventually(within: 60) { try stores.allSatisfy { try !$0.steps().isEmpty } }
    try #require(came, "no checkpoints")
  }

  @Test func everythingIsKilled() throws {
    let arguments = try interrupted(ranks: 1)
    let job = try project.start(arguments)
    try waitForCheckpoints()
    for process in project.processes { process.signal(SIGKILL) }
    #expect(try job.wait().status == 128 + SIGKILL)
    #expect(!FileManager.default.fileExists(atPath: folder("out/table.md")))
    try expectSameTable(arguments)
    project.expectNobodyLeft()
  }

  /// Ctrl-C and the signals of schedulers: what runs writes a checkpoint, and nothing else starts.
  @Test(arguments: [SIGINT, SIGTERM, SIGUSR1])
  func aSignalStopsEverythingCleanly(signal: Int32) throws {
    // SIGTERM also goes through Launch/run and mpirun of several ranks.
    let arguments =
      signal == SIGTERM
      ? try interrupted(ranks: 2) + ["--set", "global-batch=2"] : try interrupted(ranks: 1)
    let job = try project.start(arguments)
    try waitForCheckpoints()
    let own = ListedProcess.running("pac", with: "reproduce").filter { process in
      project.processes.contains { $0.identifier == process.identifier }
    }
    try #require(own.count == 1)
    own[0].signal(signal)
    let result = try job.wait()
    #expect(result.status == 75, "\(result)")
    #expect(result.errors.hasSuffix("give the same command again to continue\n"), "\(result)")
    #expect(!result.errors.contains("error:"), "\(result)")
    project.expectNobodyLeft()
    let log = try project.text("out/logs/train_x8_DJIF.log")
    #expect(log.contains("stopped by SIG"), "\(log)")
    guard signal == SIGINT else { return }
    try expectSameTable(arguments)
  }

  /// Only the process at the top is killed: its jobs stop by themselves, and the next call waits.
  @Test func jobsEndWithTheirParent() throws {
    let arguments = try interrupted(ranks: 1)
    let job = try project.start(arguments)
    try waitForCheckpoints()
    let top = project.processes.filter { process in
      ListedProcess.running("pac", with: "reproduce").contains {
        $0.identifier == process.identifier
      }
    }
    for process in top { process.signal(SIGKILL) }
    #expect(try job.wait().status == 128 + SIGKILL)
    project.expectNobodyLeft()
    let log = try project.text("out/logs/train_x4_DJIF.log")
    #expect(log.contains("stopped by SIG"), "\(log)")
  }

  // MARK: - Failures

  /// Frames have fewer rows than the crop: trainings fail, and what needs no training does not.
  @Test func aFailureLeavesAHoleWithItsReason() throws {
    let result = try project(
      sintel(
        "--factors", "4", "--models", "Bilinear,DJIF", "--pictures", "1"
      ).map { $0 == "crop=32" ? "crop=64" : $0 })
    #expect(result.status == 1)
    let table = try project.text("out/table.md")
    #expect(row("DJIF", table) == ["DJIF", "–", "0.1760"])
    #expect(row("Bilinear", table)[1] != "–")
    let reason = "train x4_DJIF: "
    #expect(table.contains("- No result for x4_DJIF: \(reason)"), "\(table)")
    let errors = result.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") }
    #expect(errors.count == 1 && errors[0].hasPrefix("error: \(reason)"), "\(result)")
    #expect(errors[0].contains("crop"), "\(result)")
    #expect(try manifest().results.networks["x4_DJIF"]?.problem?.hasPrefix(reason) == true)
  }

  @Test func aMissingDatasetIsNamed() throws {
    let result = try project(["nyu"])
    #expect(result.status == 1)
    #expect(
      result.errors == "error: data/nyu.h5: no such dataset; give --download with the path of "
        + "what was downloaded, or --data with a prepared dataset\n")
    let wrong = try project(["nyu", "--download", "none.mat"])
    #expect(wrong.status == 1)
    #expect(wrong.errors.contains("error: prepare: none.mat: "), "\(wrong)")
  }

  // MARK: - Weights of others

  @Test func givenWeightsReplaceATraining() throws {
    let arguments = sintel("--factors", "4,8", "--models", "DJIF", "--pictures", "0")
    #expect(try project(arguments).status == 0)
    let file = folder("x4.pth")
    let converted = try PACTestSupport.run(
      product("pac").path, ["weights", "convert", folder("out/runs/x4_DJIF"), file], timeout: 60)
    try #require(converted.status == 0, "\(converted)")
    let given = sintel(
      "--factors", "4,8", "--models", "DJIF", "--pictures", "0", "--weights", "DJIF@4=\(file)",
      "--weights", "DJIF@8=out/runs/x{factor}_{model}", out: "given")
    let result = try project(given)
    #expect(result.status == 0, "\(result)")
    #expect(started(result).sorted() == ["evaluate x4_DJIF", "evaluate x8_DJIF"])
    #expect(result.output.contains("- The weights of x4_DJIF were given: \(file)."))
    let (own, other) = (try manifest().results.networks, try manifest("given").results.networks)
    for name in ["x4_DJIF", "x8_DJIF"] {
      #expect(own[name]?.metrics == other[name]?.metrics)
      #expect(own[name]?.weights == other[name]?.weights, "the same checksum in every format")
    }
    let wrong = try project(given + ["--weights", "PacNet=\(file)"])
    #expect(wrong.status == 1)
    #expect(
      wrong.errors == "error: --weights PacNet=\(file): the table has no such network; "
        + "its networks are DJIF\n")
    let missing = try project(given + ["--models", "Bilinear"])
    #expect(missing.errors.contains("--weights DJIF@4=\(file): the table has no such network"))
  }

  // MARK: - Two stages

  /// The recipes of Pascal VOC for small shapes.
  private func writeStages() throws {
    try prepareSynthetic(
      to: folder("shapes.h5"),
      options: SyntheticOptions(
        kind: .shapes, count: 9, test: .count(3), width: 48, height: 40, seed: 3))
    let common = """
      data: shapes.h5
      weights-backbone: backbone
      test-split: test
      crop: 44
      global-batch: 3
      epochs: 2
      lr: 0.001

      """
    for (name, model) in [
      ("backbone", "fcn8snarrow"), ("voc_stage1", "fcn8snarrowfrozen_crfi2p4d321"),
      ("voc_stage2", "fcn8snarrow_crfi2lp4d321"),
    ] {
      let text = "run: \(name)\nmodel: \(model)\n" + common
      try folder.write(
        Data(
          (name == "backbone" ? text.replacing("weights-backbone: backbone\n", with: "") : text)
            .utf8), as: "recipes/\(name).yaml")
    }
    let backbone = try PACTestSupport.run(
      product("pac").path, ["train", "recipes/backbone.yaml"],
      environment: ["OMP_NUM_THREADS": "1"], in: URL(fileURLWithPath: folder.path), timeout: 60)
    try #require(backbone.status == 0, "\(backbone)")
  }

  @Test func twoStages() throws {
    try writeStages()
    let crf = "fcn8snarrow_crfi2lp4d321"
    let models = [
      "fcn8snarrow", "fcn8snarrow_fullcrf", crf, "fcn8snarrowfrozen_convcrf", "fcn8spac",
    ]
    let arguments = [
      "voc", "--recipes", "recipes", "--models", models.joined(separator: ","), "--pictures", "1",
      "--slots", "2", "--out", "runs/reproduce/voc",
    ]
    let result = try project(arguments)
    // Nobody gave the weights of fcn8spac.
    #expect(result.status == 1)
    #expect(
      result.errors.hasSuffix(
        "error: fcn8spac: there are no weights of fcn8spac; give --weights fcn8spac=FILE\n"),
      "\(result)")
    let jobs = started(result)
    #expect(
      jobs.filter { $0.hasPrefix("train") }.sorted() == [
        "train stage1_fcn8snarrowfrozen_convcrf", "train stage1_fcn8snarrowfrozen_crfi2p4d321",
        "train stage2_\(crf)",
      ])
    let order = ["stage1_fcn8snarrowfrozen_crfi2p4d321", "stage2_\(crf)"].map {
      jobs.firstIndex(of: "train \($0)") ?? -1
    }
    #expect(order[0] < order[1])
    // Stage two starts from stage one: by hand it is the same.
    let two = try PACTestSupport.run(
      product("pac").path,
      [
        "train", "recipes/voc_stage2.yaml", "run=by-hand",
        "weights=runs/reproduce/voc/runs/stage1_fcn8snarrowfrozen_crfi2p4d321",
      ], environment: ["OMP_NUM_THREADS": "1"], in: URL(fileURLWithPath: folder.path), timeout: 60)
    #expect(two.status == 0, "\(two)")
    let bits = try [folder("by-hand"), folder("runs/reproduce/voc/runs/stage2_\(crf)")].map {
      try #require(try CheckpointStore(folder: "\($0)/checkpoints").latestGood()).checkpoint.bits
    }
    #expect(bits[0] == bits[1])
    let table = try project.text("runs/reproduce/voc/table.md")
    #expect(table.contains("| network | miou, % |\n"))
    for model in models.dropLast() { #expect(Double(row(model, table)[1]) != nil, "\(table)") }
    #expect(row("fcn8spac", table)[1] == "–")
    let pictures = try FileManager.default.contentsOfDirectory(
      atPath: folder("runs/reproduce/voc/pictures/\(crf)/pictures"))
    #expect(pictures.count == 1)
  }

  // MARK: - Plans and usage

  @Test func plansAreMeasured() throws {
    let unknown = try project(["nyu", "--plan", "--slots", "2", "--threads", "1"])
    #expect(unknown.status == 0, "\(unknown)")
    #expect(
      unknown.output.hasSuffix(
        """
        9 trainings on 1 rank of 1 thread each, 2 at once on 2 slots
        data/nyu.h5: not prepared yet, so steps and hours are not known

        """), "\(unknown)")
    let arguments = sintel("--factors", "4", "--models", "Bilinear,DJIF", "--pictures", "0")
    #expect(try project(arguments).status == 0)
    let plan = try project(arguments + ["--plan", "--seeds", "2"])
    #expect(plan.status == 0, "\(plan)")
    let lines = plan.output.split(separator: "\n").map { line in
      line.split(separator: " ").map(String.init)
    }
    let trainings = lines.filter { $0[0] == "train" }
    #expect(trainings.map { $0[1] } == ["x4_DJIF", "x4_DJIF_seed1"])
    #expect(trainings[0].last == "done")
    #expect(trainings[1].last == "new" && trainings[1][2] == "8", "\(plan)")
    #expect((Double(trainings[1][3]) ?? 0) > 0)
    #expect(!FileManager.default.fileExists(atPath: folder("out/runs/x4_DJIF_seed1")))
  }

  @Test(arguments: [
    (["nyv"], "unknown table 'nyv', choose nyu, sintel, voc or poster; did you mean 'nyu'?"),
    (["nyu", "--sbd", "x"], "--sbd has no effect with the table nyu"),
    (["poster", "--factors", "4"], "--factors has no effect with the table poster"),
    (["poster", "--ranks", "2"], "--ranks has no effect with the table poster"),
    (["nyu", "--weights", "a"], "--weights expects MODEL=FILE or MODEL@FACTOR=FILE, not 'a'"),
    (["nyu", "--factors", "4,x"], "--factors expects numbers separated by commas, not '4,x'"),
    (["nyu", "--seeds", "0"], "cannot use 0 seeds, choose 1 to 1000"),
    (["nyu", "--ranks", "0"], "cannot use --ranks 0, choose 1 or more"),
  ])
  func wrongUsageIsNamed(arguments: [String], problem: String) throws {
    let result = try project(arguments)
    #expect(result.status == 2, "\(result)")
    #expect(result.errors.hasPrefix("error: \(problem)"), "\(result)")
    #expect(result.errors.hasSuffix("see 'pac reproduce --help'\n"), "\(result)")
  }

  @Test func whatCannotBePlannedIsRefused() throws {
    let cases = [
      (
        ["nyu", "--set", "lr=0.1", "--set", "seed=3"], "--set seed=3: the table itself sets seed; "
      ),
      (["voc", "--factors", "4"], "--factors: the table voc has none; leave it out"),
      (["nyu", "--factors", "3"], "/Configs/nyu_x3.yaml: "),
      (["nyu", "--models", "DJIV"], "did you mean 'DJIF'?"),
      (["nyu", "--ranks", "4", "--slots", "2"], "--ranks 4: there are only 2 slots; "),
      (["nyu", "--hostfile", "none"], "--hostfile none: no such file; check the path"),
    ]
    for (arguments, problem) in cases {
      let result = try project(arguments)
      #expect(result.status == 1 && result.errors.contains(problem), "\(result)")
      #expect(result.errors.split(separator: "\n").count == 1, "\(result)")
    }
  }

  // MARK: - Slurm

  /// The tasks of a job are the slots.
  @Test func underSlurmTheTasksAreTheSlots() throws {
    let scripts = try LaunchFolder([
      "scontrol": """
      [ "$*" = "show hostnames node[1-3]" ] || exit 9
      printf 'node1\\nnode2\\nnode3\\n'
      """
    ])
    let result = try scripts.run(
      "slurm.sbatch", ["reproduce", "nyu", "status=0"],
      environment: [
        "SLURM_JOB_ID": "7", "SLURM_JOB_NODELIST": "node[1-3]", "SLURM_TASKS_PER_NODE": "2(x2),1",
        "SLURM_CPUS_PER_TASK": "4", "OMP_NUM_THREADS": nil,
      ])
    let line =
      "reproduce nyu status=0 --hostfile runs/reproduce/hosts-7 --recipes \(scripts("Configs")) "
      + "--launcher \(scripts("Launch/run"))"
    #expect(result.output.contains(line), "\(result)")
    #expect(result.output.contains("threads 4"), "\(result)")
    let hosts = try String(contentsOfFile: scripts("runs/reproduce/hosts-7"), encoding: .utf8)
    #expect(hosts == "node1 slots=2\nnode2 slots=2\nnode3 slots=1\n")
  }
}
