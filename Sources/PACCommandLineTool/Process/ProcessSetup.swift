import CPACPlatform
import Foundation
import PACCheckpoints
import PACDistributed
import PACFiles
import PACKernels

/// What a process needs before it computes: the environment that its libraries read, and its share
/// of the cores.
///
/// It works however the program is launched, and never overrides what the user has set. Reasons and
/// measurements are in docs/decisions/0003-process-environment.md.
public enum ProcessSetup {
  /// Set when the environment is complete, so that the program restarts only once.
  static let marker = "PAC_ENVIRONMENT"

  /// The environment the libraries should find when they are loaded, before `main`.
  static let defaults = [
    // The kernels call OpenBLAS from several threads; each call uses one thread.
    "OPENBLAS_NUM_THREADS": "1",
    // Waiting threads sleep instead of spinning on a core that another rank needs.
    "OMP_WAIT_POLICY": "passive",
    // The tensors of a step are freed and allocated again a moment later, so glibc should keep
    // their memory: blocks up to 32 MiB come from its heap, which keeps up to 512 MiB.
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "536870912",
    // Huge pages of 2 MiB where the system grants them on request: fewer TLB misses and page
    // faults.
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
  ]

  /// Restarts this program in the same process if its libraries were loaded without the right
  /// environment.
  ///
  /// Must be the first statement of `main`: nothing may have been printed or opened before. Returns
  /// in the restarted program, and also if the restart fails, which only costs speed.
  public static func completeEnvironment() {
    guard getenv(marker) == nil else { return }
    // As a batch script leaves it, `OMP_NUM_THREADS=$SLURM_CPUS_PER_TASK`; libgomp calls it invalid.
    if let threads = getenv(ThreadSettings.variable), threads.pointee == 0 {
      unsetenv(ThreadSettings.variable)
    }
    for (name, value) in defaults { setenv(name, value, 0) }
    if let core = Processor.current().openBLASCore(insteadOf: OpenBLAS.core) {
      setenv("OPENBLAS_CORETYPE", core, 0)
    }
    setenv(marker, "complete", 1)
    // The target of the link, since process lists show the name that is executed.
    guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    else { return }
    // OMP_PROC_BIND has bound this thread to one core when libgomp was loaded; the next program
    // should find all of them again.
    let processors = Threads.boundProcessors.map(Int32.init)
    if !processors.isEmpty { pac_allow_processors(processors, Int32(processors.count)) }
    execv(program, CommandLine.unsafeArgv)
  }

  /// Checks the processor and gives this rank its share of the node's cores; all ranks call it.
  ///
  /// If the shares differ, all ranks use the smallest, because the number of threads decides the
  /// last bits of a sample's gradient. If the user has set OMP_NUM_THREADS, it is used instead.
  /// Nor are there more than the OpenMP runtime really gives.
  /// - Throws: one line, on all ranks alike, if the program was built for another processor, if the
  ///   ranks differ in their program or in OMP_NUM_THREADS, or if a rank does not get the threads or
  ///   the memory to compute.
  package static func prepare(_ communicator: Communicator) throws {
    let settings = try communicator.together { try ThreadSettings() }
    if communicator.worldSize > 1 {
      try communicator.requireSame(
        [SharedFact("the program's checksum", programChecksum())],
        advice: "install the same build of pac on all hosts")
      try communicator.requireSame(
        [SharedFact(ThreadSettings.variable, settings.text ?? "not set")],
        advice: "set it where Launch/run is called, or pass it on with mpirun -x OMP_NUM_THREADS")
    }
    try communicator.together { try checkProcessor() }
    let cores = try communicator.allGather(Cores.allowed())
    let node = communicator.ranksOnNode.map { Set(cores[$0]) }
    let wanted =
      settings.count
      ?? Cores.share(of: communicator.localRank, among: node, quota: Cores.containerQuota())
    let given = try communicator.together { try ComputingRuntime.start(threads: wanted) }
    let ranks = try communicator.allGather([wanted, given])
    guard let least = ranks.map({ $0[1] }).min(), let fewest = ranks.map({ $0[0] }).min(),
      let most = ranks.map({ $0[0] }).max()
    else { return }
    Threads.set(least)
    guard communicator.isRankZero else { return }
    if fewest < most {
      printError(
        "warning: the ranks have \(fewest) to \(most) cores each; all use \(least) threads, since "
          + "the last bits of the results depend on it; set OMP_NUM_THREADS to choose")
    }
    warn(settings, wanted: fewest, given: least)
  }

  private static func warn(_ settings: ThreadSettings, wanted: Int, given: Int) {
    let processors = Cores.processors().count
    for text in settings.warnings(wanted: wanted, given: given, processors: processors) {
      printError("warning: \(text)")
    }
  }

  /// What decides the last bits of this process's results; valid after `prepare(_:)`.
  package static var arithmetic: Arithmetic {
    let instructions = String(cString: InstructionSet.compiledFor())
    return Arithmetic(
      threads: Threads.count, processor: Processor.current().type,
      instructionSet: "\(OpenBLAS.core) \(instructions)".trimmingCharacters(in: .whitespaces))
  }

  /// The counterpart of `prepare(_:)` for commands that run alone: they use all cores.
  /// - Parameter computes: whether the command runs kernels; else it needs no threads.
  /// - Throws: one line if the program was built for another processor, or if it computes and does
  ///   not get the threads or the memory for it.
  static func prepareAlone(computes: Bool) throws {
    let settings = try ThreadSettings()
    try checkProcessor()
    guard computes else { return }
    let wanted =
      settings.count
      ?? Cores.share(of: 0, among: [Set(Cores.allowed())], quota: Cores.containerQuota())
    warn(settings, wanted: wanted, given: try ComputingRuntime.start(threads: wanted))
  }

  /// The path of this program's file.
  static var programPath: String {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
  }

  /// The checksum of this program's file, or its version if the file cannot be read.
  static func programChecksum() -> String {
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

  /// Whether standard output goes to a terminal.
  ///
  /// Open MPI gives each rank a pseudo-terminal wherever the output ends up, so under a launcher
  /// only what `Launch/run` has detected counts.
  package static var standardOutputIsTerminal: Bool {
    if let known = getenv("PAC_TERMINAL") { return String(cString: known) == "1" }
    return !Communicator.isLaunched && isatty(STDOUT_FILENO) == 1
  }
}
