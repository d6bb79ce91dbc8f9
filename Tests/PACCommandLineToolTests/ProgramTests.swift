import Foundation
import PACTestSupport
import PACText
import Testing

@testable import PACCommandLineTool

/// Runs the built program.
func pac(_ arguments: String..., timeout: Double = 60) throws -> CommandResult {
  try run(try product("pac").path, arguments, timeout: timeout)
}

/// `synthetic, pairs, … or labels`.
private let kindsOfData = enumeration(
  PrepareCommand.configuration.subcommands.compactMap { $0.configuration.commandName })

/// What the program does with arguments and streams, whatever the command.
@Suite(.serialized)
struct ProgramTests {
  @Test(arguments: [
    ("", "missing command; see 'pac --help'"),
    ("trian", "unknown command 'trian'; did you mean 'train'? see 'pac --help'"),
    ("sing", "unknown command 'sing'; see 'pac --help'"),
    ("prepare nuy", "unknown command 'nuy'; did you mean 'nyu'? see 'pac prepare --help'"),
    (
      "weights convrt", "unknown command 'convrt'; did you mean 'convert'? see 'pac weights --help'"
    ),
    ("verify", "missing expected argument '<files> ...'; see 'pac verify --help'"),
    (
      "verify --jsen x.h5",
      "unknown option '--jsen'; did you mean '--json'? see 'pac verify --help'"
    ),
    ("inspect", "missing expected argument '<file>'; see 'pac inspect --help'"),
    ("inspect a b", "unexpected argument 'b'; see 'pac inspect --help'"),
    ("prepare", "missing kind of data: \(kindsOfData); see 'pac --help'"),
    (
      "prepare synthetic",
      "missing expected argument '--out <out>'; see 'pac prepare synthetic --help'"
    ),
    (
      "prepare synthetic --out x.h5 --count many",
      "the value 'many' is invalid for '--count <count>'; see 'pac prepare synthetic --help'"
    ),
    (
      "prepare nyu x.mat --out x.h5 --compression 10",
      "cannot compress at level 10, choose from 0 to 9; see 'pac prepare nyu --help'"
    ),
    (
      "prepare pairs --rgb a --depth b --out x.h5 --unit inch",
      "the value 'inch' is invalid for '--unit <unit>'; please provide one of 'metre' and 'none'; "
        + "see 'pac prepare pairs --help'"
    ),
    (
      "prepare pairs --rgb a --depth b --out x.h5 --test-count 1 --test-ratio 0.1",
      "both --test-count and --test-ratio are given, leave one out; see 'pac prepare pairs --help'"
    ),
    (
      "bench upsmaple8",
      "unknown case 'upsmaple8', pac bench --list shows all of them; did you mean 'upsample8'? "
        + "see 'pac bench cases --help'"
    ),
    (
      "bench sorting",
      "unknown case 'sorting', pac bench --list shows all of them; see 'pac bench cases --help'"
    ),
    ("bench --threads 0", "cannot use 0 threads, choose 1 to 1024; see 'pac bench cases --help'"),
  ])
  func usage(_ arguments: String, _ problem: String) throws {
    let result = try run(
      try product("pac").path, arguments.split(separator: " ").map(String.init), timeout: 60)
    #expect(result.errors == "error: \(problem)\n")
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
  }

  @Test func helpIsNoError() throws {
    let result = try pac("prepare", "pairs", "--help")
    #expect(result.status == 0)
    #expect(result.errors.isEmpty)
    #expect(result.output.contains("USAGE: pac prepare pairs [<options>] --out <out> --rgb <dir>"))
  }

  @Test func failureIsOneLine() throws {
    let result = try pac("inspect", "no/such/file.h5")
    #expect(result.status == 1)
    #expect(result.errors == "error: no/such/file.h5: no such file; check the path\n")
    #expect(result.output.isEmpty)
  }

  @Test(.enabled(if: hasMPI), arguments: [1, 2, 3])
  func rankZeroAloneReportsUsage(ranks: Int) throws {
    let job = try mpirun(ranks: ranks, try product("pac"), ["verify", "--jsen", "x.h5"])
    #expect(!job.command.timedOut)
    #expect(job.command.status == 2)
    let line = "error: unknown option '--jsen'; did you mean '--json'? see 'pac verify --help'\n"
    #expect(job.ranks[0].errors == line)
    #expect(job.ranks.dropFirst().allSatisfy { $0.errors.isEmpty })
  }

  @Test func closedPipeEndsQuietly() throws {
    // The reader has exited before the first of several lines; each line is flushed.
    let result = try run(
      "bash",
      ["-c", "'\(try product("pac").path)' bench --list | true; echo ${PIPESTATUS[0]}"],
      timeout: 60)
    #expect(result.errors.isEmpty)
    #expect(["0\n", "141\n"].contains(result.output))
  }

  @Test func fullDiskIsReported() throws {
    let result = try run(
      "sh", ["-c", "'\(try product("pac").path)' bench --list > /dev/full"], timeout: 60)
    #expect(result.status == 1)
    #expect(
      result.errors
        == "error: standard output: cannot write all of it; check the free disk space\n")
  }
}
