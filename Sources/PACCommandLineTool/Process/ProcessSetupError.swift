/// Why this process cannot compute here.
enum ProcessSetupError: Error, Equatable, CustomStringConvertible {
  /// The program was built on a processor with more instructions.
  case otherProcessor(missing: [String])
  /// OMP_NUM_THREADS is not a number of threads.
  case noThreadNumber(String)
  /// OMP_NUM_THREADS is far above the number of processors.
  case absurdThreads(Int, processors: Int)
  /// The system does not start enough threads.
  case tooFewThreads(needed: Int, started: Int, reason: String, advice: String)
  /// The system does not give the buffers of OpenBLAS.
  case tooFewBuffers(needed: Int, megabytes: Int, reason: String, advice: String)
  /// The process may open too few files.
  case tooFewFiles(allowed: Int, needed: Int, ranks: Int)
  /// The folder of MPI's shared memory is full.
  case fullSharedMemory(folder: String, free: Int, needed: Int, ranks: Int)
  /// The folder for temporary files is not usable.
  case noTemporaryFolder(String)

  var description: String {
    switch self {
    case .otherProcessor(let missing):
      return "this program was built for another processor: this one has no "
        + "\(missing.joined(separator: ", ")); build it here (swift package clean, then "
        + "Launch/run), or for all hosts with PAC_MARCH, see docs/running.md"
    case .noThreadNumber(let text):
      return "OMP_NUM_THREADS: '\(text)' is no number of threads; set 1 or more, or unset it"
    case .absurdThreads(let count, let processors):
      return "OMP_NUM_THREADS: \(count) threads on \(counted(processors, "processor")); set fewer, "
        + "or unset it to use one thread per core"
    case .tooFewThreads(let needed, let started, let reason, let advice):
      return "the system starts only \(started) of \(needed) threads (\(reason)); raise ulimit -u "
        + "or the control group's pids.max, or \(advice)"
    case .tooFewBuffers(let needed, let megabytes, let reason, let advice):
      return "the system does not give OpenBLAS \(counted(needed, "buffer")) of \(megabytes) MB "
        + "(\(reason)); raise the limit of memory (ulimit -v, vm.overcommit_memory), or \(advice)"
    case .tooFewFiles(let allowed, let needed, let ranks):
      return "the limit of open files (ulimit -Hn) is \(allowed), and a job of "
        + "\(counted(ranks, "rank")) needs \(needed); raise it"
    case .fullSharedMemory(let folder, let free, let needed, let ranks):
      return "\(folder): \(free >> 20) MB are free, and MPI needs \(needed >> 20) MB there for "
        + "\(counted(ranks, "rank")); remove files, enlarge it, or name another folder with "
        + "OMPI_MCA_btl_vader_backing_directory"
    case .noTemporaryFolder(let folder):
      return "TMPDIR: \(folder) is no folder that can be written; create it, or unset TMPDIR"
    }
  }
}
