import Foundation
import PACTestSupport
import Testing

@Suite(.serialized)
struct LaunchTests {
  private func launch(
    _ script: String, _ arguments: [String], environment: [String: String?] = [:],
    commands: [String: String] = [:]
  ) throws -> CommandResult {
    try LaunchFolder(commands).run(script, arguments, environment: environment)
  }

  @Test func oneRankRunsWithoutMPI() throws {
    let result = try launch(
      "run", ["a b.yaml", "status=0"], environment: ["OMP_NUM_THREADS": nil])
    #expect(result.status == 0, "\(result)")
    #expect(
      result.output == """
        rank none of none: train a b.yaml status=0
        terminal 0 threads unset

        """)
  }

  /// The ranks do not handle the signal yet that asks them to stop: it ends them.
  @Test(arguments: [("train", 75), ("evaluate", 138)])
  func stopsBeforeTrainingBegins(command: String, status: Int32) throws {
    let starting = "if [ $1 = -q ]; then kill -TERM $PPID; exec sleep 50; fi"
    let result = try launch("run", ["-n", "2", command, "a.yaml"], commands: ["mpirun": starting])
    #expect(result.status == status, "\(result)")
    let words = "stopped before training began; start it again to continue\n"
    #expect(result.errors == (command == "train" ? words : ""))
  }

  /// Open MPI's own hang: the ranks have ended, and mpirun neither reaps them nor ends.
  @Test func endsAnMPIRunThatHangs() throws {
    let hanging = """
      [ $1 = -q ] || exit 0
      mkdir hung 2>/dev/null || exec echo "trained"
      sleep 5 &
      exec sleep 50
      """
    let result = try launch(
      "run", ["-n", "2", "--restarts", "1", "a.yaml"], commands: ["mpirun": hanging])
    #expect(result.status == 0 && result.output == "trained\n", "\(result)")
    #expect(
      result.errors == """
        warning: mpirun hangs although all its ranks have ended; it is killed
        warning: the job was lost (SIGKILL); restart 1 of 1

        """)
  }

  /// A rank that is stopped after its last words to the others: mpirun waits for it.
  @Test func endsARankThatIsStoppedAtTheEnd() throws {
    let waiting = """
      [ $1 = -q ] || exit 0
      mkdir hung 2>/dev/null || exec echo "trained"
      sleep 4 &
      sh -c 'kill -STOP $$' &
      { wait $!; } 2>/dev/null
      """
    let result = try launch(
      "run", ["-n", "2", "--restarts", "1", "a.yaml"], commands: ["mpirun": waiting])
    #expect(result.status == 0 && result.output == "trained\n", "\(result)")
    #expect(
      result.errors == """
        warning: 1 of 2 ranks are stopped although the others have ended; they are killed
        warning: the job was lost (SIGKILL); restart 1 of 1

        """)
  }

  @Test(.enabled(if: hasMPI, "no mpirun in PATH"), arguments: [2, 5])
  func severalRanksGetTheSameArguments(ranks: Int) throws {
    let result = try launch(
      "run", ["-n", "\(ranks)", "evaluate", "a b.yaml", "x=1", "status=0"],
      environment: ["OMP_NUM_THREADS": "3"])
    #expect(result.status == 0, "\(result)")
    let lines = Set(result.output.split(whereSeparator: \.isNewline).map(String.init))
    let expected = (0..<ranks).map {
      "rank \($0) of \(ranks): evaluate a b.yaml x=1 status=0"
    }
    #expect(lines == Set(expected + ["terminal 0 threads 3"]))
  }

  @Test(arguments: [["-n", "1"], ["-n", "2"]])
  func passesTheCheckOn(options: [String]) throws {
    guard options[1] == "1" || hasMPI else { return }
    let result = try launch("run", options + ["--check", "a.yaml", "x=1", "status=1"])
    #expect(result.status == 1, "\(result)")
    #expect(result.output.contains(": train --check a.yaml x=1 status=1"), "\(result)")
  }

  @Test(arguments: [["-n", "1"], ["-n", "2"]])
  func passesTheExitStatusOn(options: [String]) throws {
    guard options[1] == "1" || hasMPI else { return }
    for status in [1, 2] {
      let result = try launch("run", options + ["a.yaml", "status=\(status)"])
      #expect(result.status == status, "\(result)")
    }
  }

  @Test(arguments: [
    ([], "no configuration given"),
    (["-n", "0", "a.yaml"], "-n needs a number of ranks, not '0'"),
    (["-n"], "-n needs a number of ranks, not ''"),
    (["-m", "3", "a.yaml"], "unknown option -m"),
    (["--hostfile", "/none", "a.yaml"], "--hostfile: cannot read '/none'"),
    (["--check", "evaluate", "a.yaml"], "--check is for train, not evaluate"),
    (["--wait", "soon", "a.yaml"], "--wait needs a number of seconds, not 'soon'"),
  ])
  func saysWhatIsWrongWithTheUsage(arguments: [String], message: String) throws {
    let result = try launch("run", arguments)
    #expect(result.status == 2)
    #expect(result.errors == "error: \(message); see Launch/run --help\n")
    #expect(result.output == "")
  }

  @Test func printsHelp() throws {
    let result = try launch("run", ["--help"])
    #expect(result.status == 0 && result.output.hasPrefix("Usage: Launch/run [OPTION …]"))
  }

  /// Hosts that answer, or do not, and a launcher that reports how it was called.
  private let cluster = [
    "ssh": """
    shift $(($# - 2))
    case $1 in
    *lost*) [ ! -e "$0.lost" ] || { echo "ssh: no route"; exit 255; }; eval "$2" ;;
    *silent*) echo "ssh: connect to host $1 port 22: No route to host" >&2; exit 255 ;;
    *other*) echo "0123  -" ;;
    *empty*) exit 1 ;;
    late) [ -e "$0.ready" ] || { touch "$0.ready"; exit 255; }; eval "$2" ;;
    *) eval "$2" ;;
    esac
    """,
    "getent": "exit 2",
    "mpirun": """
    echo "$OMPI_MCA_oob_tcp_keepalive_time" "$@"
    while [ "$1" != --hostfile ]; do shift; done
    cat "$2"
    # Loses a host, in Open MPI's way, the first time it has one to lose.
    if grep -q lost "$2"; then touch "${0%mpirun}ssh.lost"; exit 205; fi
    """,
  ]

  private func launch(hosts: String, _ arguments: [String] = []) throws -> CommandResult {
    let folder = try TemporaryFolder()
    let file = try folder.write(Data(hosts.utf8), as: "hosts")
    return try launch(
      "run", ["--hostfile", file] + arguments + ["a.yaml"], commands: cluster)
  }

  @Test func startsOnHostsThatHoldTheProgram() throws {
    let result = try launch(
      hosts: "localhost slots=2\n# a comment\n\nuser@node-1 slots=2 # another\n", ["-n", "4"])
    #expect(result.status == 0, "\(result)")
    #expect(result.output.hasPrefix("5 ") && result.output.contains(" -n 4 "), "\(result)")
  }

  @Test func saysWhichHostsCannotTakePart() throws {
    let result = try launch(hosts: "node-1\nsilent-1\nother-1\nempty-1\nsilent-2\n")
    #expect(result.status == 1 && result.output == "")
    let lines = result.errors.replacing(/\/[^ ]*\.build\/release/, with: "").split(separator: "\n")
    let unreachable = "does not answer: ssh: connect to host"
    #expect(
      lines == [
        "error: silent-1: \(unreachable) silent-1 port 22: No route to host",
        "error: silent-2: \(unreachable) silent-2 port 22: No route to host",
        "error: empty-1: has no program /pac; copy this one there, or build in a shared folder",
        "error: other-1: /pac differs from the program on this host; copy this one there",
      ])
  }

  @Test func goesOnWithoutAHostThatWasLost() throws {
    let hosts = "# ours\nnode-1 slots=3\nlost-1 slots=4\n"
    let result = try launch(hosts: hosts, ["-n", "6", "--restarts", "2"])
    #expect(result.status == 0, "\(result)")
    #expect(
      result.errors == """
        warning: the job was lost (exit status 205); restart 1 of 2
        warning: lost-1: does not answer: ssh: no route; continuing without it

        """)
    let starts = result.output.split(separator: "5 -q ")
    try #require(starts.count == 2)
    #expect(starts[0].contains(" -n 6 ") && starts[0].hasSuffix("\n\(hosts)"))
    #expect(starts[1].contains(" -n 3 ") && starts[1].hasSuffix("\n# ours\nnode-1 slots=3\n"))
    #expect(try launch(hosts: hosts, ["-n", "6"]).status == 205)
  }

  /// mpirun would say nothing about these with its option -q.
  @Test(arguments: [
    (
      "localhost slots=2\n", ["-n", "4"],
      "it has 2 slots, too few for -n 4; raise slots=N or lower -n"
    ),
    (
      "localhost slots=0\n", ["-n", "2"],
      "it has 0 slots, too few for -n 2; raise slots=N or lower -n"
    ),
    ("localhost slots=0\n", [], "it has 0 slots, too few for -n 1; raise slots=N or lower -n"),
    ("", ["-n", "2"], "names no host; write a line HOST slots=N for each"),
    ("# node-1 slots=2\n\n", [], "names no host; write a line HOST slots=N for each"),
    (
      "localhost slots=two\n", [],
      "slots needs a number in the line 'localhost slots=two'"
    ),
  ])
  func saysWhyAHostfileStartsNothing(hosts: String, options: [String], problem: String) throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(Data(hosts.utf8), as: "hosts")
    let result = try launch("run", ["--hostfile", file] + options + ["a.yaml", "status=0"])
    #expect(result.status == 1, "\(result)")
    #expect(result.errors == "error: --hostfile \(file): \(problem)\n")
    #expect(result.output == "")
  }

  @Test(.enabled(if: hasMPI, "no mpirun in PATH"))
  func readsHostfilesOfWindows() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(
      Data("\u{feff}localhost slots=2\r\n# another\r\n".utf8), as: "hosts")
    let result = try launch("run", ["-n", "2", "--hostfile", file, "a.yaml", "status=0"])
    #expect(result.status == 0, "\(result)")
    #expect(
      result.errors
        == "warning: --hostfile \(file): has line ends of Windows, which are ignored\n")
    #expect(result.output.contains("rank 1 of 2: train a.yaml status=0"), "\(result)")
  }

  /// What the script cannot know before, mpirun says; when the ranks have failed, it says nothing.
  @Test(.enabled(if: hasMPI, "no mpirun in PATH"))
  func saysWhyMPIStartsNothing() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(Data("localhost max_slots=1\n".utf8), as: "hosts")
    let slots = try launch("run", ["-n", "999", "--hostfile", file, "a.yaml", "status=0"])
    #expect(slots.status == 1, "\(slots)")
    #expect(
      slots.errors == "error: mpirun cannot start the ranks: There are not enough slots available "
        + "in the system to satisfy the 999 slots that were requested by the application\n")
    let failed = try launch("run", ["-n", "2", "a.yaml", "status=1"])
    #expect(failed.status == 1 && failed.errors == "", "\(failed)")
  }

  @Test func saysThatMPIIsMissing() throws {
    let tools = ["bash", "env", "dirname", "id", "find", "cat", "mktemp", "rm", "timeout"]
    let folder = try TemporaryFolder()
    for tool in tools {
      try FileManager.default.createSymbolicLink(
        atPath: folder(tool), withDestinationPath: "/usr/bin/\(tool)")
    }
    let result = try LaunchFolder(["mpirun-not": "exit 0"]).run(
      "run", ["-n", "2", "a.yaml"], path: folder.path)
    #expect(result.status == 1, "\(result)")
    #expect(result.errors == "error: mpirun: not in PATH; run Launch/setup\n")
  }

  @Test func waitsForHostsThatAnswerLate() throws {
    #expect(try launch(hosts: "late\n").status == 1)
    let result = try launch(hosts: "late\n", ["--wait", "20"])
    #expect(result.status == 0, "\(result)")
  }

  /// Debian's tools as they answer on a machine where two packages are missing.
  private let missingTwo = [
    "swift": "echo Swift version 6.3.1",
    "dpkg-query": """
    case "$*" in *libdnnl-dev | *openmpi-bin) exit 1 ;; esac
    echo 'ii '
    """,
    "apt-cache": "exit 0",
    "apt-get": "echo apt-get \"$@\"",
  ]

  @Test func setupInstallsWhatIsMissing() throws {
    let commands = missingTwo.merging(["id": "echo 0"]) { $1 }
    let result = try launch("setup", [], commands: commands)
    #expect(result.status == 0, "\(result)")
    #expect(
      result.output == """
        installing openmpi-bin libdnnl-dev
        apt-get -y -o DPkg::Lock::Timeout=300 install --no-install-recommends openmpi-bin libdnnl-dev

        """)
  }

  @Test func setupUpdatesTheListsOfAFreshImage() throws {
    let commands = missingTwo.merging(["id": "echo 0", "apt-cache": "exit 100"]) { $1 }
    let result = try launch("setup", [], commands: commands)
    #expect(result.status == 0, "\(result)")
    #expect(result.output.contains("Timeout=300 update\n"), "\(result)")
    #expect(result.output.hasSuffix(" openmpi-bin libdnnl-dev\n"), "\(result)")
  }

  @Test func setupPrintsTheLineToRunWhenItMayNotInstall() throws {
    let commands = missingTwo.merging(["id": "echo 1000", "sudo": "exit 1"]) { $1 }
    let result = try launch("setup", [], commands: commands)
    #expect(result.status == 1)
    let line = "packages are missing; run as root: apt-get install openmpi-bin libdnnl-dev"
    #expect(result.errors == "error: \(line)\n")
  }

  @Test func setupRefusesAnOldSwift() throws {
    let commands = ["swift": "echo 'Swift version 5.10 (swift-5.10-RELEASE)'"]
    let result = try launch("setup", [], commands: commands)
    #expect(result.status == 1)
    #expect(result.errors == "error: swift: version 5.10 is too old; 6.2 or later is needed\n")
  }
}
