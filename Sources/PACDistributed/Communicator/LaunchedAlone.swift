/// The error of a process that a launcher started as one of several although MPI knows only itself.
///
/// This happens when the launcher and the MPI library do not speak the same protocol: each process
/// would then do all of the work, and write to the same files as the others.
struct LaunchedAlone: Error, Equatable, CustomStringConvertible {
  /// The variable that tells of several processes, with its value.
  let evidence: String
  /// What to do.
  let advice: String
  /// Whether this is the first of the processes, which reports it; true if unknown.
  let isFirst: Bool

  var description: String {
    "the launcher started several processes (\(evidence)), but MPI connects this one to no other; "
      + advice
  }

  /// The error of a process in a world of one; nil if it was meant to be alone.
  /// - Parameter variables: its environment.
  init?(_ variables: [String: String]) {
    func number(_ name: String) -> Int? { variables[name].flatMap { Int($0) } }
    func above(_ least: Int, _ name: String) -> String? {
      number(name).flatMap { $0 > least ? "\(name)=\($0)" : nil }
    }
    // Each launcher inherits the variables of those around it, so the innermost one counts: mpirun
    // may run in a step of Slurm.
    if let size = number("OMPI_COMM_WORLD_SIZE") {
      guard size > 1 else { return nil }
      self.init(
        "OMPI_COMM_WORLD_SIZE=\(size)",
        "start it with the mpirun of the Open MPI that pac was built with, or with Launch/run",
        number("OMPI_COMM_WORLD_RANK"))
      return
    }
    let isStep = Self.isStep(number("SLURM_STEP_ID") ?? number("SLURM_STEPID"))
    // The tasks of the step; those of the job where Slurm does not tell.
    let size = number("SLURM_STEP_NUM_TASKS") == nil ? "SLURM_NTASKS" : "SLURM_STEP_NUM_TASKS"
    if let tasks = (isStep ? above(1, size) : nil) ?? above(0, "SLURM_PROCID") {
      self.init(
        tasks, "start it with srun --mpi=pmix, with mpirun, or with Launch/slurm.sbatch",
        number("SLURM_PROCID"))
      return
    }
    if let size = above(1, "PMI_SIZE") ?? above(0, "PMI_RANK") ?? above(0, "PMIX_RANK") {
      self.init(
        size, "start it with Open MPI's mpirun, or with Launch/run",
        number("PMI_RANK") ?? number("PMIX_RANK"))
      return
    }
    return nil
  }

  private init(_ evidence: String, _ advice: String, _ rank: Int?) {
    self.evidence = evidence
    self.advice = advice
    isFirst = rank ?? 0 == 0
  }

  /// Whether this is a step that srun started.
  ///
  /// A batch script, an interactive shell and Slurm's own processes have numbers near 2³², if any; a
  /// job's tasks are then only what it has room for.
  private static func isStep(_ number: Int?) -> Bool { number.map { $0 < 0xffff_0000 } ?? false }
}
