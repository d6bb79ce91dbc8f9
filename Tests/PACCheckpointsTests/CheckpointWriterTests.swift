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
}
