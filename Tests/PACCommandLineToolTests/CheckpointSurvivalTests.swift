import Foundation
import PACCheckpoints
import PACTestSupport
import Testing

/// Whatever happens while a checkpoint is written, an intact one exists, and a partial file is
/// never taken for a checkpoint.
@Suite(.serialized)
struct CheckpointSurvivalTests {
  let project: SurvivalProject

  init() throws { project = try SurvivalProject() }

  private var store: CheckpointStore {
    CheckpointStore(folder: project.folder("run/checkpoints"))
  }

  /// How often the program is killed: 15 times, or PAC_TEST_KILLS times.
  private static let kills =
    ProcessInfo.processInfo.environment["PAC_TEST_KILLS"].flatMap { Int($0) } ?? 15

  /// A checkpoint is written after every step and takes longer than the step, so nearly every kill
  /// happens while one is written.
  @Test func killedAtRandomMoments() throws {
    let seed = UInt64.random(in: 0...(.max))
    var generator = SeededDelays(state: seed)
    var newest = 0
    var unfinished = 0
    for round in 0..<Self.kills {
      let job = try project.start(
        ranks: 1, SurvivalProject.endless + ["checkpoint-every-steps=1", "keep=3"])
      try project.waitForCheckpoint(beyond: newest)
      usleep(generator.next(below: 30_000))
      project.ranks.first?.signal(SIGKILL)
      #expect(try job.wait().status == 128 + SIGKILL, "seed \(seed), round \(round)")
      let recovery = try #require(try store.latestGood(), "seed \(seed), round \(round)")
      #expect(recovery.warnings.isEmpty, "seed \(seed), round \(round): \(recovery.warnings)")
      let steps = try store.steps()
      #expect(recovery.checkpoint.step == steps.last && recovery.checkpoint.step > newest)
      // Older ones are whole too; while one is removed after the other there may be one more.
      for step in steps { _ = try Checkpoint(reading: store.path(step: step)) }
      #expect((1...4).contains(steps.count), "\(steps)")
      newest = recovery.checkpoint.step
      let names = try FileManager.default.contentsOfDirectory(atPath: store.folder)
      unfinished += names.count { $0.contains(".partial-") }
    }
    #expect(unfinished > 0, "none of \(Self.kills) kills met a checkpoint being written")
    let result = try project.training(
      "train", "steps=\(newest + 1)", "epochs=1000000", "test-every=0")
    try #require(result.status == 0, "\(result.errors)")
    try project.expectUndisturbedBits(["epochs=1000000"])
    let names = try FileManager.default.contentsOfDirectory(atPath: store.folder)
    #expect(!names.contains { $0.contains(".partial-") }, "what kills left is removed: \(names)")
  }

  /// A full disk, on a file system that holds five checkpoints.
  @Test(.enabled(if: canMount, "needs root to mount a file system"))
  func fullDisk() throws {
    let disk = try SmallDisk(at: project.folder("disk"), kilobytes: 4000)
    defer { disk.remove() }
    let run = "run=\(disk.path)/run"
    for ranks in hasMPI ? [1, 2] : [1] {
      let job = try project.start(
        ranks: ranks,
        SurvivalProject.endless + ["checkpoint-every-steps=1", "keep=1000", run])
      let result = try job.wait()
      #expect(result.status == 1, "\(result)")
      let lines = result.errors.split(separator: "\n").filter { $0.contains("error") }
      #expect(lines.count == 1, "\(result)")
      #expect(lines.first?.contains("No space left on device") ?? false, "\(result)")
      project.expectNobodyLeft()
      // The earlier ones are all there, and good.
      let store = CheckpointStore(folder: "\(disk.path)/run/checkpoints")
      let steps = try store.steps()
      #expect(steps.count > 1 && steps == Array(1...(steps.last ?? 0)), "\(steps)")
      for step in steps { _ = try Checkpoint(reading: store.path(step: step)) }
    }
  }

  /// A file system that cannot be written, and a folder whose permissions forbid it.
  @Test(.enabled(if: canMount, "needs root to mount a file system"))
  func readOnlyFolder() throws {
    let disk = try SmallDisk(at: project.folder("disk"), kilobytes: 4000)
    defer { disk.remove() }
    let run = "run=\(disk.path)/run"
    let first = try project.training("train", "steps=2", run)
    try #require(first.status == 0, "\(first.errors)")
    try disk.makeReadOnly()
    for ranks in hasMPI ? [1, 2] : [1] {
      let result = try project.training("train", ranks: ranks, [run])
      #expect(result.status == 1)
      let lines = result.errors.split(separator: "\n").filter { $0.contains("error") }
      #expect(lines.count == 1, "\(result)")
      #expect(lines.first?.contains("Read-only file system") ?? false, "\(result)")
    }
    #expect(try CheckpointStore(folder: "\(disk.path)/run/checkpoints").latestGood() != nil)
  }

  /// Another process holds the lock that HDF5 would request; some file systems refuse all locks in
  /// the same way.
  @Test func filesOfOthersLocks() throws {
    let data = project.folder("data.h5")
    let holder = try RunningCommand(
      "flock", ["--exclusive", data, "sh", "-c", "touch \(project.folder("held")); sleep 60"],
      timeout: 60)
    #expect(
      eventually(within: 10) {
        FileManager.default.fileExists(atPath: project.folder("held"))
      })
    let result = try project.training("train", "steps=1")
    #expect(result.status == 0, "\(result.errors)")
    #expect(holder.isRunning)
    holder.signal(SIGTERM)
    _ = try holder.wait()
  }
}

/// Whether file systems can be mounted here.
private let canMount =
  (try? run(
    "unshare", ["--mount", "sh", "-c", "mount -t tmpfs none /mnt"], timeout: 10))?.status == 0

/// A file system in memory.
private struct SmallDisk {
  let path: String

  init(at path: String, kilobytes: Int) throws {
    self.path = path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let result = try run(
      "mount", ["-t", "tmpfs", "-o", "size=\(kilobytes)k", "none", path], timeout: 10)
    guard result.status == 0 else { throw TestSupportError(description: result.errors) }
  }

  func makeReadOnly() throws {
    let result = try run("mount", ["-o", "remount,ro", path], timeout: 10)
    guard result.status == 0 else { throw TestSupportError(description: result.errors) }
  }

  func remove() { _ = try? run("umount", ["--lazy", path], timeout: 10) }
}

/// Delays that a seed decides.
private struct SeededDelays {
  var state: UInt64

  mutating func next(below limit: UInt32) -> UInt32 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt32(state >> 33) % limit
  }
}
