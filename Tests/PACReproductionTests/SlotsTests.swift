import PACTestSupport
import Testing

@testable import PACReproduction

@Suite struct SlotsTests {
  @Test func readsAHostfile() throws {
    let slots = try Slots(
      hostfile:
        "# ours\nnode-1 slots=3\nuser@node-2 slots = 2 max-slots=4 # another\n\nnode-3\nnode-1\n",
      file: "hosts")
    #expect(
      slots.hosts == [
        .init(name: "node-1", count: 4), .init(name: "user@node-2", count: 2),
        .init(name: "node-3", count: 1),
      ])
    #expect(slots.count == 7 && slots.isFromHostfile)
    #expect(slots.jobs(of: 2) == 3)
    #expect(
      message { try Slots(hostfile: "# nothing\n", file: "hosts") }
        == "hosts: no slots; write lines such as node-1 slots=2")
  }

  /// Slots that are taken at the same time are never the same, and all come back.
  @Test func slotsAreDisjoint() throws {
    var slots = try Slots(hostfile: "a slots=2\nb slots=3\nc\n", file: "hosts")
    let whole = slots
    let tooMany = slots.take(7)
    #expect(tooMany == nil)
    let two = slots.take(2)
    #expect(two == [.init(name: "a", count: 2)], "the host that it fills")
    let three = slots.take(2)
    #expect(three == [.init(name: "b", count: 2)])
    let rest = slots.take(2)
    #expect(rest == [.init(name: "b", count: 1), .init(name: "c", count: 1)], "two hosts")
    let none = slots.take(1)
    #expect(none == nil && slots.isEmpty)
    for taken in [three, rest, two] { slots.giveBack(try #require(taken)) }
    #expect(slots == whole)
  }

  @Test func thisHostNeedsNoHostfile() {
    var slots = Slots(onThisHost: 2)
    #expect(!slots.isFromHostfile && slots.jobs(of: 1) == 2)
    let taken = slots.take(2)
    #expect(taken == [.init(name: "localhost", count: 2)])
  }

  @Test func launchersSayWhatTheyCannotStart() throws {
    func launcher(_ command: String?, ranks: Int, _ slots: Slots) throws -> JobLauncher {
      try JobLauncher(
        program: "/pac", command: command, ranks: ranks, threads: 1, slots: slots, restarts: 0)
    }
    #expect(
      message { try launcher("run", ranks: 3, Slots(onThisHost: 2)) }
        == "--ranks 3: there are only 2 slots; use fewer ranks or more slots")
    #expect(
      message { try launcher(nil, ranks: 2, Slots(onThisHost: 2)) }
        == "several ranks, a hostfile and restarts need a launcher; start this by Launch/reproduce")
    let alone = try launcher(nil, ranks: 1, Slots(onThisHost: 1))
    #expect(alone.command(["train"], isRanked: true, hostfile: nil) == ["/pac", "train"])
    let ranked = try launcher("run", ranks: 2, Slots(onThisHost: 2))
    #expect(
      ranked.command(["train"], isRanked: true, hostfile: "h")
        == ["run", "-n", "2", "--hostfile", "h", "--restarts", "0", "train"])
    #expect(ranked.command(["prepare"], isRanked: false, hostfile: nil) == ["/pac", "prepare"])
  }
}

extension Slots {
  fileprivate var isEmpty: Bool { hosts.allSatisfy { $0.count == 0 } }
}
