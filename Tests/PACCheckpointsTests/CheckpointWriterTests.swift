import Foundation
import PACTestSupport
import Testing

@testable import PACCheckpoints

@Suite struct CheckpointWriterTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func writesInOrderAndKeepsTheNewest() throws {
    let store = CheckpointStore(folder: folder("checkpoints"))
    let writer = CheckpointWriter(store, keeping: 2)
    for step in 1...5 { try writer.write(Checkpoint.sample(step: step)) }
    try writer.finish()
    #expect(try store.steps() == [4, 5])
    #expect(try store.latestGood()?.checkpoint.step == 5)
  }

  /// The state is that of the moment at which it was handed over, whatever the run does to it
  /// afterwards.
  @Test func keepsWhatItWasGiven() throws {
    let store = CheckpointStore(folder: folder("checkpoints"))
    let writer = CheckpointWriter(store, keeping: 2)
    var checkpoint = Checkpoint.sample(step: 1)
    let expected = checkpoint.parameters.map(\.value.elements)
    try writer.write(checkpoint)
    for index in checkpoint.parameters.indices {
      checkpoint.parameters[index].value.withUnsafeMutableBufferPointer { $0.update(repeating: -1) }
    }
    try writer.finish()
    #expect(try store.latestGood()?.checkpoint.parameters.map(\.value.elements) == expected)
  }

  @Test func failuresAppearAtTheNextCall() throws {
    let occupied = try folder.write(Foundation.Data("a file".utf8), as: "occupied")
    let writer = CheckpointWriter(CheckpointStore(folder: "\(occupied)/c"), keeping: 2)
    try writer.write(Checkpoint.sample(step: 1))
    let text = message { try writer.finish() }
    #expect(text.contains("occupied/c"), "\(text)")
    #expect(message { try writer.check() } == text)
    #expect(message { try writer.write(Checkpoint.sample(step: 2)) } == text)
  }

  /// The limit on file size stands for a disk that is full for a while.
  @Test func failuresThatPass() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let store = CheckpointStore(folder: folder("checkpoints"))
      signal(SIGXFSZ, SIG_IGN)
      func allow(_ bytes: UInt) {
        var limit = rlimit(rlim_cur: bytes, rlim_max: 1 << 30)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      }
      let writer = CheckpointWriter(store, keeping: 1, failures: 2, pause: 0.01)
      try writer.write(Checkpoint.sample(step: 1))
      try writer.finish()
      allow(1000)
      try writer.write(Checkpoint.sample(step: 2))
      try writer.finish()
      #expect(writer.isMissing)
      #expect(try store.steps() == [1])
      let notes = writer.takeNotes()
      #expect(notes.count == 1 && writer.takeNotes() == [])
      #expect(notes[0].hasPrefix("\(store.path(step: 2)): cannot "), "\(notes)")
      #expect(
        notes[0].hasSuffix(
          "; training goes on without this checkpoint, 1 of 2 failures in a row "
            + "(checkpoint-failures)"), "\(notes)")
      // One that is written starts the count again.
      allow(1 << 30)
      try writer.write(Checkpoint.sample(step: 3))
      try writer.finishRun()
      #expect(try store.steps() == [3])
      allow(1000)
      try writer.write(Checkpoint.sample(step: 4))
      let last = message { try writer.finishRun() }
      #expect(last.hasPrefix("\(store.path(step: 4)): cannot "), "\(last)")
      try writer.write(Checkpoint.sample(step: 5))
      let text = message { try writer.finish() }
      #expect(text.hasPrefix("\(store.path(step: 5)): cannot "), "\(text)")
      #expect(
        text.hasSuffix("; 2 checkpoints in a row have failed (checkpoint-failures)"), "\(text)")
      #expect(message { try writer.write(Checkpoint.sample(step: 6)) } == text)
      #expect(try store.steps() == [3])
    }
  }

  /// What keeps a checkpoint away is no failure of the disk: it is not tried again.
  @Test func aCheckpointIsConfirmedBeforeItAppears() throws {
    struct Refusal: Error {}
    let store = CheckpointStore(folder: folder("checkpoints"))
    let writer = CheckpointWriter(store, keeping: 1, failures: 5, confirming: { throw Refusal() })
    try writer.write(Checkpoint.sample(step: 1))
    #expect(throws: Refusal.self) { try writer.finish() }
    #expect(try FileManager.default.contentsOfDirectory(atPath: store.folder) == [])
  }
}
