import Foundation
import PACCommandLineTool
import PACTestSupport
import PACTraining
import Testing

@Suite struct ConfigCommandTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func config(_ yaml: String, _ overrides: String...) throws -> CommandResult {
    let file = try folder.write(Data(yaml.utf8), as: "c.yaml")
    return try run(try product("pac").path, ["config", file] + overrides, timeout: 60)
  }

  @Test func saysWhereEachValueComesFrom() throws {
    let yaml = "run: 'runs/{model} a'\ndata: d.h5\nmodel: fcn8s\nepochs: 3\n# lr\nlr: 1e-3\n"
    let result = try config(yaml, "seed=7", "lr=2e-3", "keep=2")
    #expect(result.status == 0 && result.errors == "", "\(result)")
    let lines = result.output.replacing(folder("c.yaml"), with: "c.yaml").split(separator: "\n")
      .map { $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ") }
    for line in [
      "run: \"runs/fcn8s a\" # c.yaml:1", "epochs: 3 # c.yaml:4", "seed: 7 # override",
      "lr: 0.002 # override", "keep: 2 # override", "global-batch: 1 # default",
      "test-split: val # default of segmentation", "crop: 449 # default of segmentation",
      "train-split: train # default", "weights: none # default",
    ] {
      #expect(lines.contains(line), "\(line) in \(lines)")
    }
    #expect(result.output.hasPrefix("# Run\n") && result.output.contains("\n\n# Data\n"))
    let tasks = TaskList.builtIn.settings
    #expect(
      try TrainingConfiguration(yaml: result.output, name: "out", tasks: tasks)
        == TrainingConfiguration(
          yaml: yaml, name: "c", overrides: ["seed=7", "lr=2e-3", "keep=2"], tasks: tasks))
  }

  @Test func listsEveryError() throws {
    let result = try config("run: a\nlr: 0\nfactor: 4\ndata: d\n", "steps=x")
    #expect(result.status == 1 && result.output == "", "\(result)")
    #expect(
      result.errors.replacing(folder("c.yaml"), with: "c.yaml") == """
        error: c.yaml:2: lr: expected a number, above 0, found '0'
        error: override: steps: expected none, or an integer, 1 or more, found 'x'
        error: c.yaml: the key 'epochs' is missing; give an integer, 1 or more

        """)
  }
}
