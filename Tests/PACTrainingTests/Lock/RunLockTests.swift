import Foundation
import PACTestSupport
import Synchronization
import Testing

@testable import PACTraining

@Suite struct RunLockTests {
  let folder: TemporaryFolder
  let file: LockFile

  init() throws {
    folder = try TemporaryFolder()
    file = LockFile(folder: folder.path)
  }

  private let times = RunLock.Times(beat: 0.1, silence: 1, patience: 0.3)

  private func lock() throws -> RunLock {
    try RunLock(folder.path, times: times, waiting: {}, warn: { _ in })
  }

  /// A process that this host cannot see.
  private var stranger: LockHolder {
    var holder = LockHolder.current()
    (holder.host, holder.process, holder.job) = ("node7", 4242, "815")
    holder.numbering = "another boot pid:[1]"
    return holder
  }

  @Test func keepsOthersOutUntilItIsReleased() throws {
    let first = try lock()
    let holder = try #require(try file.read()?.holder)
    #expect(holder.process == getpid() && holder.hasEnded == false)
    #expect(
      message { try lock() }
        == "\(folder.path): process \(getpid()) on host \(holder.host), since \(holder.since) "
        + "writes into this run folder; wait for its end, stop it, or set run to another folder")
    try first.requireHeld()
    first.release()
    #expect(try folder.names() == [])
    let second = try lock()
    #expect(try file.read()?.holder.token != holder.token)
    second.release()
  }

  /// A process of this host is known to have ended: its number is free, or belongs to a later one.
  @Test func isTakenOverAtOnceFromAProcessThatHasEnded() throws {
    let child = try RunningCommand("sleep", ["0.01"], timeout: 5)
    _ = try child.wait()
    var dead = LockHolder.current()
    dead.started = "1"
    #expect(try file.create(dead))
    let start = ContinuousClock.now
    let lock = try lock()
    #expect(ContinuousClock.now - start < .milliseconds(300))
    try lock.requireHeld()
    lock.release()
    #expect(try folder.names() == [])
  }

  @Test func isTakenOverFromAnotherHostThatIsSilent() throws {
    #expect(try file.create(stranger))
    var said: [String] = []
    let start = ContinuousClock.now
    let lock = try RunLock(folder.path, times: times, waiting: {}, warn: { said.append($0) })
    #expect(ContinuousClock.now - start > .seconds(times.silence))
    try #require(said.count == 2, "\(said)")
    let name = "\(folder.path): "
    #expect(said[0].hasPrefix("\(name)process 4242 on host node7 (job 815), since "), "\(said)")
    #expect(
      said[0].hasSuffix(
        "has left a lock there and gives no sign of life; this run begins when it has been silent "
          + "for 1.0 s"), "\(said)")
    #expect(said[1].hasPrefix("\(name)taken over from process 4242 on host node7"), "\(said)")
    #expect(try file.read()?.holder.process == getpid())
    lock.release()
  }

  @Test func isNotTakenOverFromAnotherHostThatLives() throws {
    let holder = stranger
    #expect(try file.create(holder))
    let heart = Heartbeat(file, holder, every: times.beat)
    defer { heart.stop() }
    let text = message { try lock() }
    #expect(text.contains("process 4242 on host node7 (job 815), since "), "\(text)")
    #expect(text.contains(" writes into this run folder; "), "\(text)")
    #expect(!heart.isLost)
  }

  @Test func aHolderFindsOutThatItWasReplaced() throws {
    let lock = try lock()
    let holder = try #require(try file.read()?.holder)
    #expect(try file.replace(holder, by: stranger))
    let text = message { try lock.requireHeld() }
    #expect(
      text.hasPrefix(
        "\(folder.path): this run gave no sign of life for a while, and process 4242 on host "),
      "\(text)")
    #expect(text.hasSuffix("has taken the folder over; this one ends without writing"), "\(text)")
    let noticed = eventually(within: 5) { message { try lock.requireHeldLately() } == text }
    #expect(noticed)
    // It leaves the lock of the other alone.
    lock.release()
    #expect(try file.read()?.holder.process == 4242)
  }

  /// Of many processes that find a dead holder only one gets the lock.
  @Test func onlyOneOfManyTakesOver() throws {
    for _ in 0..<5 {
      var dead = LockHolder.current()
      dead.started = "1"
      #expect(try file.create(dead))
      let held = Mutex<[RunLock]>([])
      DispatchQueue.concurrentPerform(iterations: 8) { _ in
        if let lock = try? lock() { held.withLock { $0.append(lock) } }
      }
      let locks = held.withLock { $0 }
      #expect(locks.count == 1)
      #expect(try folder.names() == ["run.lock"])
      for lock in locks { lock.release() }
    }
  }

  /// A damaged file, or one that somebody else put there, belongs to nobody who lives.
  @Test(arguments: ["", "x", "000000000001\nhost a\nprocess 1\ntoken ../../x\n", "\u{0}\u{1}\n\n"])
  func aFileThatIsNoLockIsReplaced(text: String) throws {
    try folder.write(Data(text.utf8), as: "run.lock")
    let lock = try lock()
    try lock.requireHeld()
    lock.release()
    #expect(try folder.names() == [])
  }

  @Test func oneRemovedByHandComesBack() throws {
    let lock = try lock()
    try FileManager.default.removeItem(atPath: file.path)
    let isBack = try eventually(within: 5) { try file.read() != nil }
    #expect(isBack)
    try lock.requireHeld()
    lock.release()
  }

  @Test func aFolderThatCannotBeWrittenIsNamed() throws {
    let missing = folder("none")
    #expect(
      message { try RunLock(missing, times: times, waiting: {}, warn: { _ in }) }
        == "\(missing)/run.lock: cannot write the lock (No such file or directory); check the file "
        + "system and its folder")
  }
}
