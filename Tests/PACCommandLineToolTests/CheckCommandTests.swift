import Foundation
import PACTestSupport
import Testing

/// `pac train --check`: every error at once, or what the run takes; nothing is written.
@Suite(.enabled(if: hasMPI, "mpirun is not installed"), .serialized)
struct CheckCommandTests {
  let project: TrainingProject

  init() throws { project = try TrainingProject() }

  /// A broken configuration: lines of the file that are replaced or added, overrides, and all
  /// errors, in which F stands for the folder and C for the file.
  struct Broken: Sendable {
    let lines: [String]
    var without: [String] = []
    var overrides: [String] = []
    let errors: [String]
  }

  static let broken = [
    Broken(
      lines: ["crop: 33", "epochs: 0", "lr: fast", "flip: yes"],
      errors: [
        "C:8: epochs: expected an integer, 1 or more, found '0'",
        "C:9: lr: expected a number, above 0, found 'fast'",
        "C:10: flip: expected true or false, found 'yes'",
        "C:5: crop: 33 is not a multiple of factor 4; choose 32",
      ]),
    Broken(
      lines: ["data: F/nowhere.h5", "learning-rat: 1", "bacth: 2", "test-split: nothing"],
      overrides: ["epoch=3", "keep"],
      errors: [
        "override: expected key=value, found 'keep'",
        "C:10: unknown key 'learning-rat'; did you mean 'lr'?",
        "C:11: unknown key 'bacth'; the nearest known key is 'data'",
        "override: unknown key 'epoch'; did you mean 'epochs'?",
        "C:2: data: F/nowhere.h5: no such file; check the path",
      ]),
    Broken(
      lines: ["weights: F/nothing.pth", "test-split: nothing"], without: ["factor", "epochs"],
      errors: [
        "C: the keys 'epochs', 'factor' are missing; they have no default",
        "C:9: test-split: F/data.h5: no split nothing; there is empty, test, train",
        "C:8: weights: F/nothing.pth: no such file; check the path",
      ]),
    Broken(
      lines: [
        "run: F/data.h5/run", "train-split: training", "test-split: empty", "weights: F/data.h5",
      ],
      errors: [
        "C:10: train-split: F/data.h5: no split training; there is empty, test, train",
        "C:11: test-split: F/data.h5: the split empty is empty; prepare the dataset with samples in "
          + "it",
        "C:12: weights: F/data.h5: not a checkpoint: it does not end with a checksum: truncated, "
          + "or another HDF5 file",
        "C:1: run: F/data.h5/run: cannot write to this run folder (Not a directory); set run to a "
          + "writable folder",
      ]),
    Broken(
      lines: ["crop: 64", "border: 24", "global-batch: 3", "weights: F/other"],
      errors: [
        "C:5: crop: F/data.h5, sample scene_0000: its 48×56 pixels (rows × columns) are fewer than "
          + "crop 64 asks for; set crop to at most 48",
        "C:6: border: F/data.h5, sample scene_0007: a border of 24 leaves nothing of its 48×56 pixels; "
          + "decrease border",
        "C:10: weights: F/other/checkpoints/checkpoint_00000001.h5: weights of another model: "
          + "expected factor 4, found factor 8; of another shape: …",
      ]),
    Broken(
      lines: ["epochs: 100000000", "keep: 99999999", "target: flow", "momentum: 0.5"],
      errors: [
        "C:12: momentum: has no effect with optimizer adam; remove it or choose sgd",
        "C: train-split: F/data.h5: holds no flow; use a dataset that does",
        "C: test-split: F/data.h5: holds no flow; use a dataset that does",
        "C:1: run: F/run: R are free for checkpoints, and 100000000 of 666.1 kB each need "
          + "66610.8 GB; make room, lower keep, or set run to another folder",
      ]),
    Broken(
      lines: [
        "validation-split: nowhere", "best: rms", "parameters: [{match: nothing.*, lr: 2}]",
        "weights-match: partial", "weights: F/data.h5",
      ],
      errors: [
        "C:10: validation-split: F/data.h5: no split nowhere; there is empty, test, train",
        "C:11: best: no metric 'rms'; choose rmse or loss",
        "C:12: parameters: 'nothing.*' matches no parameter of PacJointUpsampleLite: "
          + "branch_t.conv1.weight, branch_t.conv1.bias, branch_t.conv2.weight, "
          + "branch_t.conv2.bias, branch_t.conv3.weight and 15 more",
        "C:14: weights: F/data.h5: not a checkpoint: it does not end with a checksum: truncated, "
          + "or another HDF5 file",
      ]),
    Broken(
      lines: ["data: F/text.h5", "weights: F/text.pth", "seed: -1"],
      errors: [
        "C:11: seed: expected an integer, 0 or more, found '-1'",
        "C:2: data: F/text.h5: not an HDF5 file; name an HDF5 file",
        "C:10: weights: F/text.pth: not a weight file; name a .pth or .safetensors file, or a "
          + "checkpoint",
      ]),
    Broken(
      lines: ["model: fcn8", "weights-backbone: F/nothing.pth", "data: F/nowhere.h5", "crop: -1"],
      without: ["factor", "border"],
      errors: [
        "C:3: model: 'fcn8': no backbone 'fcn8'; names are …",
        "C:4: crop: expected an integer, 1 to 16384, found '-1'",
        "C:2: data: F/nowhere.h5: no such file; check the path",
      ]),
    Broken(
      lines: ["model: fcn8s", "weights-backbone: F/nothing.pth", "weights: F/none.pth"],
      without: ["factor"],
      errors: [
        "C:5: border: has no effect with model fcn8s, a segmentation network; remove it",
        "C: test-split: F/data.h5: no split val; there is empty, test, train",
        "C:3: model: F/data.h5: has no class names; prepare a dataset for segmentation, see pac "
          + "prepare voc",
        "C:10: weights: F/none.pth: no such file; check the path",
        "C:9: weights-backbone: F/nothing.pth: no such file; check the path",
      ]),
    Broken(
      lines: ["lr: @fast", "seed: 1.5", "seed: 2", "schedule: linear"], overrides: ["lr-decay=2"],
      errors: [
        "C:9: not valid YAML: found character that cannot start any token",
        "C:10: key 'seed' is given twice; remove one",
        "C:10: seed: expected an integer, 0 or more, found '1.5'",
        "C:12: schedule: expected steps or cosine, found 'linear'",
        "override: lr-decay: expected a number, above 0 and at most 1, found '2'",
      ]),
    Broken(
      lines: ["model: GuidedFilter_2_0.01", "test-split: validation", "run: F/{modle}"],
      errors: [
        "C:1: run: {modle} is not a key; did you mean 'model'?",
        "C:10: test-split: F/data.h5: no split validation; there is empty, test, train",
        "C:3: model: GuidedFilter_2_0.01 has no parameters to train; use pac evaluate",
      ]),
    Broken(
      lines: ["run: F/other", "global-batch: 2", "seed: 7", "train-split: none_such"],
      errors: [
        "C:11: train-split: F/data.h5: no split none_such; there is empty, test, train",
        "C:1: run: F/other/checkpoints/checkpoint_00000001.h5: checkpoint of a run with other "
          + "settings (train-split: none_such, was train; seed: 7, was 0; global-batch: 2, was 3; "
          + "factor: 4, was 8); choose another run folder, or restore those settings to resume",
      ]),
  ]

  private func write(_ broken: Broken) throws -> String {
    var lines = try project.text("train.yaml").split(separator: "\n").map(String.init)
    func key(_ line: String) -> Substring { line.prefix { $0 != ":" } }
    lines.removeAll { broken.without.contains(String(key($0))) }
    for line in broken.lines.map({ $0.replacing("F/", with: project.folder("")) }) {
      let place = lines.firstIndex { key($0) == key(line) }
      if let place, lines[place].count > 0, !line.hasPrefix("seed") {
        lines[place] = line
      } else {
        lines.append(line)
      }
    }
    return try project.folder.write(
      Foundation.Data((lines.joined(separator: "\n") + "\n").utf8), as: "broken.yaml")
  }

  private func check(_ file: String, ranks: Int = 1, _ overrides: [String]) throws
    -> (status: Int32, errors: [String], output: String)
  {
    let arguments = ["train", "--check", file] + overrides
    guard ranks > 1 else {
      let result = try run(
        project.pac.path, arguments, environment: ["OMP_NUM_THREADS": "1"],
        timeout: TrainingProject.timeout)
      return (result.status, lines(result.errors), result.output)
    }
    let job = try mpirun(
      ranks: ranks, project.pac, arguments, timeout: TrainingProject.timeout)
    return (
      job.command.status, lines(job.ranks.map(\.errors).joined()),
      job.ranks.map(\.output).joined()
    )
  }

  private func lines(_ text: String) -> [String] {
    text.split(separator: "\n").filter { $0.hasPrefix("error: ") }.map {
      String($0.dropFirst("error: ".count)).replacing(project.folder("broken.yaml"), with: "C")
        .replacing(project.folder(""), with: "F/")
        .replacing(/names are .*/, with: "names are …")
        .replacing(/of another shape: .*/, with: "of another shape: …")
        .replacing(/run: [0-9.]+ [kMG]?B are free/, with: "run: R are free")
    }
  }

  @Test(arguments: Self.broken.indices)
  func listsEveryError(_ number: Int) throws {
    let broken = Self.broken[number]
    _ = try project.folder.write(Foundation.Data("text".utf8), as: "text.h5")
    _ = try project.folder.write(Foundation.Data("text".utf8), as: "text.pth")
    if (broken.lines + broken.errors).contains(where: { $0.contains("F/other") }) {
      let other = try project(
        "train", "run=\(project.folder("other"))", "factor=8", "steps=1", "epochs=1")
      try #require(other.status == 0, "\(other.errors)")
    }
    let file = try write(broken)
    let before = try project.folder.names()
    let found = try check(file, broken.overrides)
    #expect(found.status == 1)
    #expect(found.errors == broken.errors)
    #expect(found.output == "")
    #expect(try project.folder.names() == before)
  }

  @Test func severalRanksReportOnce() throws {
    let file = try write(
      Broken(lines: ["global-batch: 2", "test-split: nothing", "crop: 64"], errors: []))
    let found = try check(file, ranks: 3, ["bogus=1"])
    #expect(found.status == 1)
    #expect(
      found.errors == [
        "override: unknown key 'bogus'; the nearest known key is 'loss'",
        "C:10: test-split: F/data.h5: no split nothing; there is empty, test, train",
        "C:5: crop: F/data.h5, sample scene_0000: its 48×56 pixels (rows × columns) are fewer than "
          + "crop 64 asks for; set crop to at most 48",
        "C:7: global-batch: global-batch: 2 samples cannot be shared among 3 ranks; set it to at "
          + "least 3 or start at most 2 ranks",
      ])
  }

  @Test(arguments: [1, 2, 4])
  func saysWhatARunTakes(ranks: Int) throws {
    let file = project.folder("train.yaml")
    let before = try project.folder.names()
    let found = try check(file, ranks: ranks, ["global-batch=4", "epochs=5"])
    #expect(found.status == 0 && found.errors == [], "\(found)")
    #expect(try project.folder.names() == before)
    let rows = Dictionary(
      uniqueKeysWithValues: found.output.split(separator: "\n").map { line in
        (
          line.prefix(12).trimmingCharacters(in: .whitespaces),
          line.dropFirst(12).trimmingCharacters(in: .whitespaces)
        )
      })
    #expect(rows["network"] == "PacJointUpsampleLite x4, 55509 parameters")
    #expect(rows["samples"] == "7 to train on, 3 to evaluate on")
    #expect(rows["steps"] == "2 per epoch, 10 in 5 epochs")
    #expect(rows["checkpoints"]?.hasPrefix("666.1 kB each, the newest 3 kept, ") ?? false)
    #expect(rows["memory"]?.wholeMatch(of: /[0-9.]+ MB per rank/) != nil, "\(rows)")
    #expect(rows["step"]?.wholeMatch(of: /[0-9.e+-]+ s, [0-9.e+-]+ samples\/s/) != nil, "\(rows)")
    #expect(
      rows["whole run"]?.wholeMatch(of: /about .* on \d ranks?/) != nil, "\(rows)")
    #expect(rows["whole run"]?.contains(" on \(ranks) rank") ?? false, "\(rows)")
  }

  /// What an interrupted run has done already is not counted again, and nothing of it is touched.
  @Test func knowsARunThatContinues() throws {
    try #require(try project("train", "steps=4").status == 0)
    let before = try project.checkpoint()?.bits
    let logs = try ["steps.csv", "train.log", "environment.yaml"].map {
      try project.text("run/\($0)")
    }
    let found = try check(project.folder("train.yaml"), ranks: 2, [])
    #expect(found.status == 0, "\(found)")
    #expect(found.output.contains("\nsteps        3 per epoch, 6 in 2 epochs, 4 of them done\n"))
    #expect(try project.checkpoint()?.bits == before)
    #expect(
      try ["steps.csv", "train.log", "environment.yaml"].map { try project.text("run/\($0)") }
        == logs)
    #expect(try !project.folder.names().contains("run/run.lock"))
  }
}
