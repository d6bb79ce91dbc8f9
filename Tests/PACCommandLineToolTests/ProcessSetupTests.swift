import Foundation
import PACTestSupport
import Testing

@testable import PACCommandLineTool

@Suite struct CoresTests {
  @Test(arguments: [
    ("0-2,8\n", [0, 1, 2, 8]), ("\t5", [5]), ("", []), ("0,2-3", [0, 2, 3]), ("3-1", []),
  ])
  func readsLists(text: String, expected: [Int]) {
    #expect(Cores.numbers(inList: text) == expected)
  }

  @Test(arguments: [
    ("max 100000\n", nil), ("150000 100000\n", 1.5), ("", nil), ("800000 100000", 8),
  ])
  func readsQuotas(text: String, expected: Double?) {
    #expect(Cores.quota(from: text) == expected)
  }

  @Test func someCoresAreAllowed() {
    #expect((1...ProcessInfo.processInfo.activeProcessorCount).contains(Cores.allowed().count))
  }

  @Test func ranksShareTheCoresTheyHaveInCommon() {
    let all = Set(0..<8)
    #expect(Cores.share(of: 0, among: [all], quota: nil) == 8)
    #expect(Cores.share(of: 2, among: [all, all, all], quota: nil) == 2)
    #expect(Cores.share(of: 0, among: [[0, 1], [2, 3]], quota: nil) == 2)
    // More ranks than cores.
    #expect(Cores.share(of: 0, among: [[0], [0], [0]], quota: nil) == 1)
    // Some overlap.
    #expect(Cores.share(of: 0, among: [all, [0, 1], [8, 9]], quota: nil) == 4)
    // A container that may use three of the cores.
    #expect(Cores.share(of: 0, among: [all], quota: 3.5) == 3)
    #expect(Cores.share(of: 0, among: [all, all], quota: 3) == 1)
    #expect(Cores.share(of: 0, among: [all], quota: 0.5) == 1)
  }
}

/// A process started by this suite with none of the variables, as from a user's shell.
@Suite struct ProcessSetupTests {
  private static let names = ProcessSetup.defaults.keys.sorted() + ["OPENBLAS_CORETYPE"]

  private func clean(_ changes: [String: String?]) -> [String: String?] {
    let unset = (Self.names + ["OMP_NUM_THREADS", "PAC_TERMINAL", ProcessSetup.marker])
      .map { ($0, String?.none) }
    return Dictionary(uniqueKeysWithValues: unset).merging(changes) { $1 }
  }

  private func report(_ changes: [String: String?] = [:], prefix: [String] = []) throws
    -> [String: String]
  {
    let command = prefix + [try product("PACRankProgram").path, "set-up"] + Self.names
    let result = try run("env", command, environment: clean(changes), timeout: 30)
    #expect(result.status == 0, "\(result)")
    return parse(result.output)
  }

  private func parse(_ output: String) -> [String: String] {
    let pairs = output.split(separator: "\n").map { $0.split(separator: "=", maxSplits: 1) }
    return Dictionary(
      pairs.map { (String($0[0]), String($0.last ?? "")) }, uniquingKeysWith: { $1 })
  }

  @Test func theProgramCompletesItsEnvironment() throws {
    let report = try report()
    for (name, value) in ProcessSetup.defaults { #expect(report[name] == value) }
    #expect(report["terminal"] == "false")
    // OpenBLAS was loaded again with the wish, and granted it.
    let core = report["core"] ?? ""
    #expect(Processor.current().openBLASCore(insteadOf: core) == nil, "\(report)")
    if report["OPENBLAS_CORETYPE"] != "unset" { #expect(report["OPENBLAS_CORETYPE"] == core) }
  }

  @Test func whatTheUserHasSetStays() throws {
    let mine = [
      "OPENBLAS_NUM_THREADS": "2", "OMP_WAIT_POLICY": "active", "MALLOC_TRIM_THRESHOLD_": "1000000",
      "OPENBLAS_CORETYPE": "Sandybridge", "OMP_NUM_THREADS": "3",
    ]
    let report = try report(mine)
    for name in Self.names where mine[name] != nil { #expect(report[name] == mine[name]) }
    #expect(report["core"] == "Sandybridge" && report["threads"] == "3")
    #expect(report["MALLOC_MMAP_THRESHOLD_"] == "33554432")
  }

  @Test func theMarkerKeepsItFromStartingTwice() throws {
    let report = try report([ProcessSetup.marker: "complete"])
    for name in Self.names { #expect(report[name] == "unset") }
  }

  @Test func aBoundProcessUsesItsCoresOnly() throws {
    #expect(try report(prefix: ["taskset", "--cpu-list", "0"])["threads"] == "1")
  }

  @Test(.enabled(if: hasMPI, "no mpirun in PATH"), arguments: 1...3)
  func ranksDivideTheCores(ranks: Int) throws {
    let job = try mpirun(
      ranks: ranks, try product("PACRankProgram"), ["set-up"] + Self.names, environment: clean([:]))
    #expect(job.succeeded, "\(job)")
    for rank in job.ranks {
      let report = parse(rank.output)
      #expect(report["threads"] == "\(max(1, Cores.allowed().count / ranks))", "\(report)")
      #expect(report["OMP_WAIT_POLICY"] == "passive")
      #expect(report["terminal"] == "false")
    }
  }
}
