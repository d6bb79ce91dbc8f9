import Foundation
import PACTestSupport
import Testing

@testable import PACCommandLineTool

@Suite struct ThreadSettingsTests {
  @Test(arguments: [
    (nil, nil), ("", nil), (" ", nil), ("4", 4), ("4,2", 4), (" 3 , 1", 3), ("1024", 1024),
  ])
  func readsNumbersAndLists(text: String?, expected: Int?) throws {
    #expect(try ThreadSettings(text, processors: 2).count == expected)
  }

  @Test(arguments: ["0", "-1", "abc", "4,", "4,0", "2.5", "99999999999", "4 2"])
  func refusesWhatOpenMPWouldIgnore(text: String) {
    #expect(
      message { try ThreadSettings(text, processors: 2) }
        == "OMP_NUM_THREADS: '\(text)' is no number of threads; set 1 or more, or unset it")
  }

  @Test func refusesAbsurdNumbers() throws {
    #expect(
      message { try ThreadSettings("1025", processors: 2) }
        == "OMP_NUM_THREADS: 1025 threads on 2 processors; set fewer, or unset it to use one "
        + "thread per core")
    #expect(try ThreadSettings("1025", processors: 300).count == 1025)
  }

  @Test func warnsOfMoreThreadsThanProcessors() throws {
    let settings = try ThreadSettings("1000", processors: 2)
    #expect(
      settings.warnings(wanted: 1000, given: 1000, processors: 2) == [
        "OMP_NUM_THREADS=1000 is more than the 2 processors this process may use, which is slow; "
          + "unset it to use one thread per core"
      ])
    #expect(settings.warnings(wanted: 1000, given: 1000, processors: 1000) == [])
    #expect(try ThreadSettings(nil).warnings(wanted: 2, given: 2, processors: 1) == [])
  }
}

/// Settings of OpenMP below the number of threads that were asked for.
@Suite(.serialized) struct OpenMPSettingsTests {
  private func environment(_ changes: [String: String?]) -> [String: String?] {
    ["OMP_NUM_THREADS": nil].merging(changes) { $1 }
  }

  private func threads(_ changes: [String: String?]) throws -> (Int?, errors: String) {
    let result = try run(
      try product("PACRankProgram").path, ["set-up"], environment: environment(changes),
      timeout: 30)
    let line = result.output.split(separator: "\n").first { $0.hasPrefix("threads=") }
    return (line.flatMap { Int($0.dropFirst(8)) }, result.errors)
  }

  @Test(arguments: [
    ("OMP_THREAD_LIMIT", "1", 1), ("OMP_THREAD_LIMIT", "2", 2), ("OMP_MAX_ACTIVE_LEVELS", "0", 1),
  ])
  func theThreadsThatOpenMPGivesAreUsed(name: String, value: String, expected: Int) throws {
    let (given, errors) = try threads(["OMP_NUM_THREADS": "4", name: value])
    #expect(given == expected)
    let verb = expected == 1 ? "thread of 4; 1 is used" : "threads of 4; 2 are used"
    #expect(errors == "warning: \(name)=\(value) leaves \(expected) \(verb)\n")
  }

  /// How many a region gets would depend on the machine's load.
  @Test func theNumberDoesNotVary() throws {
    #expect(try threads(["OMP_NUM_THREADS": "2", "OMP_DYNAMIC": "true"]).0 == 2)
  }

  /// The runtime binds the first thread to one core when it is loaded; the pool has all of them.
  @Test(arguments: ["true", "close", "spread"])
  func boundThreadsUseAllCores(binding: String) throws {
    #expect(try threads(["OMP_PROC_BIND": binding]).0 == Cores.allowed().count)
    #expect(
      try threads(["OMP_PROC_BIND": binding, "OMP_PLACES": "{\(Cores.processors()[0])}"]).0 == 1)
  }

  @Test func anEmptyNumberCountsAsUnset() throws {
    let (given, errors) = try threads(["OMP_NUM_THREADS": ""])
    #expect(given == Cores.allowed().count)
    #expect(!errors.contains("error"))
  }

  /// oneDNN waited for threads that did not come, or summed what they had not written.
  @Test(arguments: [
    [("OMP_NUM_THREADS", "1")], [("OMP_THREAD_LIMIT", "1"), ("OMP_NUM_THREADS", "2")],
    [("OMP_MAX_ACTIVE_LEVELS", "0"), ("OMP_NUM_THREADS", "3")],
    [("OMP_DYNAMIC", "true"), ("OMP_THREAD_LIMIT", "1")],
  ])
  func trainingGivesTheBitsOfOneThread(variables: [(String, String)]) throws {
    let project = try TrainingProject()
    let expected = try project("train", ranks: 1, "run=\(project.folder("one"))")
    #expect(expected.status == 0, "\(expected)")
    let settings = Dictionary(uniqueKeysWithValues: variables.map { ($0.0, String?.some($0.1)) })
    let result = try run(
      project.pac.path, ["train", project.folder("train.yaml")],
      environment: environment(settings), timeout: 60)
    #expect(result.status == 0 && !result.timedOut, "\(result)")
    #expect(try project.checkpoint()?.bits == project.checkpoint("one")?.bits)
  }

  @Test(arguments: [
    ["train", "x"], ["evaluate", "x"], ["verify", "x"], ["inspect", "x"], ["bench", "step"],
  ])
  func everyCommandRefusesNoNumber(arguments: [String]) throws {
    let result = try run(
      try product("pac").path, arguments, environment: ["OMP_NUM_THREADS": "many"], timeout: 30)
    #expect(result.status == 1)
    let lines = result.errors.split(separator: "\n").filter { !$0.isEmpty }
    #expect(
      lines.last
        == "error: OMP_NUM_THREADS: 'many' is no number of threads; set 1 or more, or unset it")
    // libgomp has its own word, before the program begins.
    #expect(lines.dropLast().allSatisfy { $0.hasPrefix("libgomp: ") }, "\(result)")
  }
}
