import Foundation
import PACTestSupport
import Testing

/// The batch scripts, with stand-ins for the schedulers' commands; Launch/smoke/slurm runs one
/// under a real Slurm.
@Suite struct BatchScriptTests {
  // MARK: - Slurm

  private func slurm(
    _ arguments: [String], environment: [String: String?] = ["SLURM_JOB_ID": "7"],
    scontrol: String = "echo scontrol \"$@\""
  ) throws -> CommandResult {
    try LaunchFolder(["scontrol": scontrol])
      .run("slurm.sbatch", arguments, environment: environment)
  }

  @Test(arguments: [0, 1, 2, 75])
  func slurmQueuesWhatWasStoppedAgain(status: Int) throws {
    let result = try slurm(["a b.yaml", "x=1", "status=\(status)"])
    let start = "rank none of none: train a b.yaml x=1 status=\(status)\n"
    #expect(result.output.hasPrefix(start), "\(result)")
    #expect(result.output.hasSuffix("scontrol requeue 7\n") == (status == 75))
    #expect(result.status == (status == 75 ? 0 : Int32(status)))
  }

  @Test func slurmSaysThatAJobCannotBeQueuedAgain() throws {
    let result = try slurm(["a.yaml", "status=75"], scontrol: "exit 1")
    #expect(result.status == 75)
    #expect(result.errors.hasSuffix("error: scontrol could not requeue job 7; submit it again\n"))
  }

  @Test func slurmScriptNeedsSlurm() throws {
    let result = try slurm(["a.yaml"], environment: ["SLURM_JOB_ID": nil])
    #expect(result.status == 2)
    #expect(result.errors == "error: not under Slurm; submit this with sbatch\n")
  }

  @Test func slurmChecksBeforeItTrains() throws {
    let arguments = ["--check", "a b.yaml", "x=1"]
    func lines(_ result: CommandResult) -> [Substring] {
      result.output.split(separator: "\n").filter { $0.hasPrefix("rank ") }
    }
    let check = "rank none of none: train --check a b.yaml x=1"
    let good = try slurm(arguments + ["status=0"])
    #expect(good.status == 0, "\(good)")
    #expect(
      lines(good) == ["\(check) status=0", "rank none of none: train a b.yaml x=1 status=0"])
    let bad = try slurm(arguments + ["status=1"])
    #expect(bad.status == 1 && lines(bad) == ["\(check) status=1"], "\(bad)")
    let again = try slurm(
      arguments + ["status=0"], environment: ["SLURM_JOB_ID": "7", "SLURM_RESTART_COUNT": "1"])
    #expect(lines(again) == ["rank none of none: train a b.yaml x=1 status=0"], "\(again)")
    let before = try slurm(arguments + ["status=1"], environment: ["SLURM_JOB_ID": nil])
    #expect(before.status == 1 && lines(before) == ["\(check) status=1"], "\(before)")
    let table = try slurm(["--check", "reproduce", "nyu"])
    #expect(table.status == 2 && table.output == "")
    #expect(
      table.errors == "error: --check is for one configuration, not for reproduce\n")
  }

  // MARK: - PBS

  private func pbs(
    walltime: String, config: String? = "a b.yaml", arguments: String = "x=1 status=0",
    job: String? = "7.server", check: String? = nil,
    mpirun: String = "echo mpirun \"$@\"; for last; do :; done; exit \"${last#status=}\""
  ) throws -> CommandResult {
    let folder = try LaunchFolder([
      "mpirun": mpirun,
      "getent": "exit 2",
      "qstat": """
      echo "Job Id: $2"
      echo "    Resource_List.walltime = \(walltime)"
      echo "    Resource_List.select = 2:ncpus=4:mpiprocs=1"
      """,
      "qsub": "printf 'qsub' >&2; printf ' [%s]' \"$@\" >&2; echo 8.server",
    ])
    try Data("localhost\nlocalhost\n".utf8).write(to: URL(fileURLWithPath: folder("nodes")))
    return try folder.run(
      "pbs.sh", [],
      environment: [
        "PBS_JOBID": job, "CHECK": check, "PBS_O_WORKDIR": folder(),
        "PBS_NODEFILE": folder("nodes"),
        "CONFIG": config, "ARGUMENTS": arguments,
      ])
  }

  @Test func pbsStartsARankForEachLineOfTheNodeFile() throws {
    let result = try pbs(walltime: "12:00:00")
    #expect(result.status == 0 && result.errors == "", "\(result)")
    #expect(result.output.contains(#/--hostfile [^ ]*/nodes -n 2 /#), "\(result)")
    #expect(result.output.hasSuffix("/pac train a b.yaml x=1 status=0\n"), "\(result)")
  }

  @Test func pbsWarnsBeforeTheTimeIsUpAndContinuesInAnotherJob() throws {
    // The job is given one second, and stops at the warning as pac does.
    let result = try pbs(
      walltime: "00:05:01", arguments: "lr-steps=10,20",
      mpirun: "trap 'kill $job; exit 75' USR1; sleep 50 & job=$!; wait")
    #expect(result.status == 0, "\(result)")
    let line =
      "qsub [-l] [select=2:ncpus=4:mpiprocs=1] [-l] [walltime=00:05:01] [-v] "
      + "[CONFIG=a b.yaml,ARGUMENTS='lr-steps=10,20'] [Launch/pbs.sh]"
    #expect(result.errors.contains(line), "\(result)")
    #expect(result.errors.hasSuffix("job 7.server continues as 8.server\n"))
    #expect(result.seconds < 20)
  }

  @Test func pbsChecksBeforeItTrains() throws {
    func commands(_ result: CommandResult) -> [String] {
      result.output.split(separator: "\n").compactMap { line in
        line.firstMatch(of: /\/pac (train .*)/).map { String($0.1) }
      }
    }
    let good = try pbs(walltime: "12:00:00", check: "1")
    #expect(good.status == 0 && good.errors == "", "\(good)")
    #expect(
      commands(good) == [
        "train --check a b.yaml x=1 status=0", "train a b.yaml x=1 status=0",
      ])
    let bad = try pbs(walltime: "12:00:00", arguments: "status=1", check: "1")
    #expect(bad.status == 1 && commands(bad) == ["train --check a b.yaml status=1"], "\(bad)")
    let before = try pbs(walltime: "", job: nil, check: "1")
    #expect(before.status == 0, "\(before)")
    #expect(
      before.output.hasPrefix("rank none of none: train --check a b.yaml x=1 status=0\n"),
      "\(before)")
  }

  @Test func pbsRefusesWhatCannotWork() throws {
    let short = try pbs(walltime: "00:05:00")
    #expect(short.status == 2)
    #expect(
      short.errors
        == "error: a walltime of 00:05:00 leaves no time for work; ask for more than 5 minutes\n")
    let nothing = try pbs(walltime: "01:00:00", config: nil)
    #expect(nothing.status == 2)
    #expect(
      nothing.errors == "error: no configuration given; qsub -v CONFIG=FILE Launch/pbs.sh\n")
  }
}
