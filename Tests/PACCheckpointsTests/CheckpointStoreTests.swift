import Foundation
import PACTestSupport
import Testing

@testable import PACCheckpoints

@Suite struct CheckpointStoreTests {
  let folder: TemporaryFolder
  var store: CheckpointStore { CheckpointStore(folder: folder("run/checkpoints")) }

  init() throws { folder = try TemporaryFolder() }

  @Test func keepsTheNewest() throws {
    #expect(try store.latestGood() == nil)
    for step in [1, 20, 300, 4000] { try store.save(.sample(step: step), keeping: 3) }
    #expect(try store.steps() == [20, 300, 4000])
    #expect(store.path(step: 300) == "\(store.folder)/checkpoint_00000300.h5")
    #expect(store.path(step: 1_234_567_890).hasSuffix("/checkpoint_1234567890.h5"))
    let recovery = try #require(try store.latestGood())
    #expect(recovery.checkpoint.contents == Checkpoint.sample(step: 4000).contents)
    #expect(recovery.path == store.path(step: 4000))
    #expect(recovery.warnings == [])
    try store.save(.sample(step: 5000), keeping: 1)
    #expect(try store.steps() == [5000])
  }

  @Test func otherFilesAreLeftAlone() throws {
    try store.save(.sample(step: 1), keeping: 1)
    let others = [
      "checkpoint_7.h5", "checkpoint_best.h5", "checkpoint_00000009.h5.bak", "x.txt", "weights.h5",
    ]
    for name in others { try write("x".utf8, to: "\(store.folder)/\(name)") }
    try write("x".utf8, to: "\(store.folder)/.checkpoint_00000003.h5.partial-1-a")
    try store.save(.sample(step: 2), keeping: 1)
    #expect(try store.steps() == [2])
    let names = try FileManager.default.contentsOfDirectory(atPath: store.folder).sorted()
    #expect(names == (others + ["checkpoint_00000002.h5"]).sorted())
  }

  @Test func filesCutShortAreSkipped() throws {
    for step in [1, 2] { try store.save(.sample(step: step), keeping: 3) }
    let newest = store.path(step: 2)
    let whole = try bytes(of: newest)
    let ends = [whole.count - 31, whole.count - 30, whole.count - 1]
    for length in Array(stride(from: 0, to: whole.count, by: 211)) + ends {
      try write(whole.prefix(length), to: newest)
      let recovery = try #require(try store.latestGood())
      #expect(recovery.checkpoint.step == 1, "length \(length)")
      let warning = try #require(recovery.warnings.first)
      #expect(warning.hasPrefix("\(newest): not a checkpoint: "), "length \(length)")
      #expect(warning.hasSuffix("; continuing from \(store.path(step: 1))"), "length \(length)")
    }
    try write(whole + [0], to: newest)
    #expect(try store.latestGood()?.checkpoint.step == 1)
  }

  @Test func flippedBitsAreFound() throws {
    for step in [1, 2] { try store.save(.sample(step: step), keeping: 3) }
    let newest = store.path(step: 2)
    let whole = try bytes(of: newest)
    let seed = UInt64.random(in: 0...(.max))
    var random = SeededGenerator(seed: seed)
    let tail = Array(whole.count - 31..<whole.count)
    let positions = (0..<300).map { _ in Int.random(in: 0..<whole.count, using: &random) } + tail
    for position in positions {
      var damaged = whole
      damaged[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      try write(damaged, to: newest)
      let recovery = try #require(try store.latestGood())
      #expect(recovery.checkpoint.step == 1, "seed \(seed), byte \(position)")
      #expect(recovery.warnings.count == 1, "seed \(seed), byte \(position)")
    }
    var damaged = whole
    damaged[5000] ^= 1
    try write(damaged, to: newest)
    let text = try #require(try store.latestGood()?.warnings.first)
    #expect(text.hasPrefix("\(newest): corrupt checkpoint: its checksum is "))
    // The damaged file is replaced when the run gets there again, and until then does not count.
    try store.save(.sample(step: 2), keeping: 3)
    #expect(try store.latestGood()?.warnings == [])
  }

  @Test func damagedNewestDoesNotCount() throws {
    for step in [1, 2, 9] { try store.save(.sample(step: step), keeping: 3) }
    try write([], to: store.path(step: 9))
    try store.save(.sample(step: 3), keeping: 2)
    #expect(try store.steps() == [2, 3, 9])
  }

  /// Opening a pipe could take for ever.
  @Test func aPipeIsRefused() throws {
    try store.save(.sample(step: 1), keeping: 3)
    try #require(mkfifo(store.path(step: 3), 0o600) == 0)
    #expect(
      message { _ = try store.latestGood() }
        == "\(store.path(step: 3)): is a pipe, not a file; name a checkpoint file that can be read")
  }

  @Test func nothingUsableIsAnError() throws {
    for step in [1, 2] { try store.save(.sample(step: step), keeping: 3) }
    for step in [1, 2] { try write([], to: store.path(step: step)) }
    let faults = [2, 1].map { "\(store.path(step: $0)): not a checkpoint: the file is empty" }
    #expect(
      message { try store.latestGood() }
        == "\(store.folder): no usable checkpoint (\(faults[0]); \(faults[1])); remove them or "
        + "choose another run folder"
    )
  }

  @Test func unwritableFoldersAreNamed() throws {
    try write("x".utf8, to: folder("file"))
    let store = CheckpointStore(folder: folder("file/checkpoints"))
    #expect(
      message { try store.save(.sample(step: 1), keeping: 1) }
        == "\(store.path(step: 1)): there is no folder \(store.folder); create it or name another")
  }

  /// The limit on file size stands for a full disk: only the system's words differ.
  @Test func fullDisk() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let store = CheckpointStore(folder: folder("checkpoints"))
      try store.save(.sample(step: 1), keeping: 1)
      let size = try bytes(of: store.path(step: 1)).count
      signal(SIGXFSZ, SIG_IGN)
      for allowed in [1, 1000, 3000, size / 2, size - 31, size - 1] {
        var limit = rlimit(rlim_cur: UInt(allowed), rlim_max: UInt(size))
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        let text = message { try store.save(.sample(step: 2), keeping: 1) }
        #expect(text.hasPrefix("\(store.path(step: 2)): cannot "), "\(text)")
        #expect(text.contains(" (File too large); check the "), "\(text)")
        let names = try FileManager.default.contentsOfDirectory(atPath: store.folder)
        #expect(names == ["checkpoint_00000001.h5"])
      }
      var limit = rlimit(rlim_cur: UInt(size), rlim_max: UInt(size))
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      try store.save(.sample(step: 2), keeping: 1)
      #expect(try store.latestGood()?.checkpoint.step == 2)
    }
  }

  /// Killed at any moment of writing, there is a whole checkpoint, and the rest is cleared away.
  @Test(arguments: [1, 3, 10, 30]) func killedWhileWriting(_ milliseconds: UInt32) async throws {
    let path = folder("checkpoints")
    let store = CheckpointStore(folder: path)
    try store.save(.sample(step: 0), keeping: 2)
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, milliseconds = milliseconds as UInt32] in
      Thread.detachNewThread {
        usleep(milliseconds * 1000)
        kill(getpid(), SIGKILL)
      }
      for step in 1... { try CheckpointStore(folder: path).save(.sample(step: step), keeping: 2) }
    }
    let recovery = try #require(try store.latestGood())
    #expect(recovery.warnings == [])
    let step = recovery.checkpoint.step
    #expect(recovery.checkpoint.contents == Checkpoint.sample(step: step).contents)
    try store.save(.sample(step: step + 1), keeping: 1)
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    #expect(names == [String(store.path(step: step + 1).dropFirst(path.count + 1))])
  }
}
