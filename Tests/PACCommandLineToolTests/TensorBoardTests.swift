import Foundation
import PACTestSupport
import Testing

/// The event files of a run, as TensorBoard itself reads them.
@Suite(
  .enabled(if: Python.has("tensorboard"), "no Python with tensorboard; set PAC_TEST_PYTHON"),
  .serialized)
struct TensorBoardTests {
  let project: TrainingProject

  init() throws { project = try TrainingProject() }

  private func train(_ arguments: String...) throws {
    let result = try project("train", ["run=\(project.folder("run"))"] + arguments)
    try #require(result.status == 0, "\(result.errors)")
  }

  /// Every scalar, `tag step value`, and the text under the tag `configuration`.
  private func shown() throws -> (scalars: [String], configuration: String) {
    let text = try Python.output(
      """
      import sys
      from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
      events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "tensors": 0}).Reload()
      tags = events.Tags()
      for tag in tags["scalars"]:
          for event in events.Scalars(tag):
              print(tag, event.step, repr(event.value))
      for event in events.Tensors("configuration"):
          print("====", event.tensor_proto.string_val[0].decode())
      """, project.folder("run/tensorboard"))
    let parts = text.components(separatedBy: "==== ")
    return (parts[0].split(separator: "\n").map(String.init), parts.last ?? "")
  }

  /// A column of a log as TensorBoard should show it, in the precision of its numbers.
  private func expected(
    _ log: String, _ column: String, step: String, tag: String
  ) throws -> [String] {
    let lines = try project.text("run/\(log)").split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let heads = try #require(lines.first)
    let (value, key) = try (
      #require(heads.firstIndex(of: column)), #require(heads.firstIndex(of: step))
    )
    return try lines.dropFirst().map { cells in
      "\(tag) \(cells[key]) \(Double(Float(try #require(Double(cells[value])))))"
    }
  }

  @Test func showsTheLogs() throws {
    try train("epochs=3", "validation-split=test", "validate-every=1")
    let (scalars, configuration) = try shown()
    for (log, column, tag) in [
      ("steps.csv", "loss", "train/loss"), ("steps.csv", "lr", "train/lr"),
      ("validation.log", "loss", "validation/loss"), ("validation.log", "rmse", "validation/rmse"),
    ] {
      let rows = try expected(log, column, step: "step", tag: tag)
      #expect(!rows.isEmpty)
      #expect(scalars.filter { $0.hasPrefix(tag + " ") } == rows)
    }
    #expect(scalars.contains { $0.hasPrefix("time/samples_per_second 1 ") })
    #expect(configuration.contains("    epochs: 3\n"), "\(configuration)")
  }

  /// Steps that are done again after a stop are shown once.
  @Test func continuesAcrossStarts() throws {
    try train("epochs=3", "steps=5", "checkpoint-every-steps=4", "max-minutes=none")
    try train("epochs=3")
    let (scalars, _) = try shown()
    let losses = scalars.filter { $0.hasPrefix("train/loss ") }
    #expect(losses == (try expected("steps.csv", "loss", step: "step", tag: "train/loss")))
  }
}
