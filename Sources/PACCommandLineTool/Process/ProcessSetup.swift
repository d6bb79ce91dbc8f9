import Foundation
import PACCheckpoints
import PACDistributed
import PACFiles
import PACKernels

/// What a process needs before it computes: the environment its libraries read, and its share of the cores.
///
/// It holds however the program is launched, and what the user has set is left alone. Reasons and measurements
/// are in docs/decisions/0003-process-environment.md.
public enum ProcessSetup {
  /// Set once the environment is complete, so that the restarted program goes on.
  static let marker = "PAC_ENVIRONMENT"

  /// What the libraries should find when they are loaded, before `main`.
  static let defaults = [
    // The kernels call OpenBLAS from several threads; each call stays on its own.
    "OPENBLAS_NUM_THREADS": "1",
    // Threads that wait sleep instead of spinning on a core that another rank needs.
    "OMP_WAIT_POLICY": "passive",
    // The tensors of a step are freed and allocated again a moment later: keep their memory. 32 MiB is the
    // largest block glibc takes from its heap; 512 MiB is how much it holds back.
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "536870912",
    // Memory in pages of 2 MiB where the system gives them to those who ask: fewer steps to translate addresses, and
    // fewer page faults.
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
  ]

  /// Starts this program again, in the same process, if libraries were loaded without the right environment.
  ///
  /// The first statement of `main`: nothing may have been printed or opened. Returns in the restarted
  /// program, and also if the restart fails, which costs speed only.
  public static func completeEnvironment() {
    guard getenv(marker) == nil else { return }
    for (name, value) in defaults { setenv(name, value, 0) }
    if let core = Processor.current().openBLASCore(insteadOf: OpenBLAS.core) {
      setenv("OPENBLAS_CORETYPE", core, 0)
    }
    setenv(marker, "complete", 1)
    // The link's target, not the link: its name is the one that process lists show.
    guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    else { return }
    execv(program, CommandLine.unsafeArgv)
  }

  /// Checks the processor and gives this rank its share of the node's cores; every rank calls it.
  ///
  /// Where ranks have different shares all take the smallest: the number of threads decides the last bits of a sample's gradient.
  /// OMP_NUM_THREADS, where the user has set it, is the number of threads instead.
  /// - Throws: one line if the program was built for another processor, if some rank has another program or another
  ///   OMP_NUM_THREADS; on all ranks alike.
  package static func prepare(_ communicator: Communicator) throws {
    if communicator.worldSize > 1 {
      try communicator.requireSame(
        [SharedFact("the program's checksum", programChecksum())],
        advice: "install the same build of pac on all hosts")
      try communicator.requireSame(
        [
          SharedFact(
            "OMP_NUM_THREADS", getenv(threadsVariable).map { String(cString: $0) } ?? "not set")
        ],
        advice: "set it where Launch/run is called, or pass it on with mpirun -x OMP_NUM_THREADS")
    }
    try communicator.together { try checkProcessor() }
    let cores = try communicator.allGather(Cores.allowed())
    let node = communicator.ranksOnNode.map { Set(cores[$0]) }
    guard getenv(threadsVariable) == nil else { return }
    let share = Cores.share(
      of: communicator.localRank, among: node, quota: Cores.containerQuota())
    let shares = try communicator.allGather([share]).map { $0[0] }
    guard let least = shares.min(), let most = shares.max() else { return }
    Threads.set(least)
    if least < most, communicator.isRankZero {
      printError(
        "warning: the ranks have \(least) to \(most) cores each; all use \(least), since another number of threads "
          + "gives other last bits; set OMP_NUM_THREADS to choose")
    }
  }

  private static let threadsVariable = "OMP_NUM_THREADS"

  /// What of this process decides the last bits of what it computes; to be asked for after the preparation.
  package static var arithmetic: Arithmetic {
    let instructions = String(cString: InstructionSet.compiledFor())
    return Arithmetic(
      threads: Threads.count, processor: Processor.current().type,
      instructionSet: "\(OpenBLAS.core) \(instructions)".trimmingCharacters(in: .whitespaces))
  }

  /// As `prepare(_:)` for every command that does not join a job: all cores are its own.
  /// - Throws: one line if the program was built for another processor.
  static func prepareAlone() throws {
    try checkProcessor()
    guard getenv(threadsVariable) == nil else { return }
    Threads.set(
      Cores.share(of: 0, among: [Set(Cores.allowed())], quota: Cores.containerQuota()))
  }

  /// The checksum of this program's file; its version where the file cannot be read.
  private static func programChecksum() -> String {
    var sum = CRC32()
    do throws(SystemFile.Failure) {
      let file = try SystemFile("/proc/self/exe", for: .reading)
      while case let bytes = try file.read(upTo: 1 << 20), !bytes.isEmpty { sum.update(bytes) }
      return sum.hexadecimal
    } catch {
      return ProgramVersion.text
    }
  }

  private static func checkProcessor() throws {
    try Processor.current().check(compiledFor: String(cString: InstructionSet.compiledFor()))
  }

  /// Whether a person watches standard output.
  ///
  /// Open MPI gives each rank a terminal of its own whatever it passes the output on to, so that under a
  /// launcher only what `Launch/run` has found out counts.
  package static var standardOutputIsTerminal: Bool {
    if let known = getenv("PAC_TERMINAL") { return String(cString: known) == "1" }
    return !Communicator.isLaunched && isatty(STDOUT_FILENO) == 1
  }
}
