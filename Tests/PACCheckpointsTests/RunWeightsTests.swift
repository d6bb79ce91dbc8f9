import Foundation
import PACHDF5
import PACTestSupport
import PACWeights
import Testing

@testable import PACCheckpoints

/// Weights chosen from a run folder by name: `RUN@best`, `RUN@last`, `RUN@12000`.
@Suite struct RunWeightsTests {
  let folder: TemporaryFolder
  let run: String
  let store: CheckpointStore

  init() throws {
    folder = try TemporaryFolder()
    run = folder("run")
    store = CheckpointStore(folder: "\(run)/checkpoints")
    for step in [100, 200, 300] { try store.save(.sample(step: step), keeping: 9) }
  }

  @Test func choices() throws {
    try store.saveBest(.sample(step: 150))
    let expected = [
      "": (store.path(step: 300), "step 300, the newest checkpoint of \(run)"),
      "@last": (store.path(step: 300), "step 300, the newest checkpoint of \(run)"),
      "@best": (store.bestPath, "step 150, the best weights of \(run)"),
      "@200": (store.path(step: 200), "step 200 of \(run)"),
      "@150": (store.bestPath, "step 150 of \(run)"),
    ]
    for (choice, (path, note)) in expected {
      let weights = try NetworkWeights(reading: run + choice)
      #expect(weights.path == path)
      #expect(weights.notes == [note])
      try RunWeights(run + choice)?.check()
    }
    #expect(try RunWeights(store.bestPath) == nil)
    #expect(try RunWeights("\(folder("nowhere"))@best") == nil)
    // A file of this very name goes first.
    try Checkpoint.sample(step: 7).write(to: "\(run)@best")
    #expect(try NetworkWeights(reading: "\(run)@best").path == "\(run)@best")
  }

  @Test func errors() throws {
    func text(_ choice: String) -> String {
      let text = message { try NetworkWeights(reading: run + choice) }
      if !choice.isEmpty { #expect(text == message { try RunWeights(run + choice)?.check() }) }
      return text
    }
    #expect(
      text("@best")
        == "\(run): holds no best weights, which a run keeps with the key best; choose \(run)@last")
    #expect(text("@250") == "\(run): holds no checkpoint of step 250; there is 100, 200, 300")
    try store.saveBest(.sample(step: 150))
    #expect(
      text("@250")
        == "\(run): holds no checkpoint of step 250; there is 100, 200, 300, 150 (best)")
    for word in ["", "bset", "-1", "1e3", "٣", "99999999999999999999"] {
      #expect(
        text("@\(word)")
          == "\(run)@\(word): no choice '\(word)'; choose \(run)@best, \(run)@last or a step such "
          + "as \(run)@1000")
    }
    try FileManager.default.removeItem(atPath: store.folder)
    #expect(text("") == "\(run): holds no checkpoint; name a checkpoint or another run folder")
    #expect(
      message { try NetworkWeights(reading: "\(run)@last") }
        == "\(run): holds no checkpoint; name a checkpoint or another run folder")
    #expect(text("@3") == "\(run): holds no checkpoint of step 3; there is none")
  }

  @Test func theBestIsNotOneOfTheNewest() throws {
    #expect(try store.bestStep() == nil)
    try store.saveBest(.sample(step: 150))
    try store.save(.sample(step: 400), keeping: 1)
    #expect(try store.steps() == [400])
    #expect(try store.bestStep() == 150)
    try store.saveBest(.sample(step: 400))
    #expect(
      try Checkpoint(reading: store.bestPath).contents == Checkpoint.sample(step: 400).contents)
  }

  /// The limit on file size stands for a full disk: best weights cannot be written later, so the
  /// first failure is the end, and the earlier ones stay.
  @Test func bestWeightsThatCannotBeWritten() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let store = CheckpointStore(folder: folder("checkpoints"))
      let writer = CheckpointWriter(store, keeping: 1, failures: 9, pause: 0.01)
      try writer.write(Checkpoint.sample(step: 1), asBest: true)
      try writer.write(Checkpoint.sample(step: 2))
      try writer.finish()
      #expect(try store.steps() == [2])
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 1000, rlim_max: 1 << 30)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      try writer.write(Checkpoint.sample(step: 3), asBest: true)
      let text = message { try writer.finish() }
      #expect(text.hasPrefix("\(store.bestPath): cannot "), "\(text)")
      #expect(message { try writer.write(Checkpoint.sample(step: 4)) } == text)
      #expect(try store.bestStep() == 1)
    }
  }

  @Test func validationStateIsKept() throws {
    var checkpoint = Checkpoint.sample(step: 300)
    #expect(try Checkpoint(reading: store.path(step: 300)).validation == ValidationState())
    checkpoint.validation.step = 290
    checkpoint.validation.withoutImprovement = 2
    try store.save(checkpoint, keeping: 9)
    #expect(try Checkpoint(reading: store.path(step: 300)).validation == checkpoint.validation)
    checkpoint.validation.best = ValidationState.Best(value: 0.1 + 0.2, step: 150, epoch: 3)
    try store.save(checkpoint, keeping: 9)
    #expect(try Checkpoint(reading: store.path(step: 300)).validation == checkpoint.validation)
    checkpoint.validation.best?.value = .nan
    try store.save(checkpoint, keeping: 9)
    let text = message { try Checkpoint(reading: store.path(step: 300)) }
    #expect(text.contains("the attribute best_value is nan, expected a finite number"), "\(text)")
  }
}
