import Testing

@testable import PACDistributed

/// Launchers whose processes MPI does not connect, told from processes that are meant to be alone.
@Suite struct LaunchedAloneTests {
  private static let mpirun =
    "start it with the mpirun of the Open MPI that pac was built with, or with Launch/run"
  private static let srun =
    "start it with srun --mpi=pmix, with mpirun, or with Launch/slurm.sbatch"
  private static let other = "start it with Open MPI's mpirun, or with Launch/run"

  @Test(arguments: [
    (["OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "0"], "OMPI_COMM_WORLD_SIZE=4", mpirun),
    (["PMI_SIZE": "2", "PMI_RANK": "0"], "PMI_SIZE=2", other),
    (["PMIX_RANK": "1"], "PMIX_RANK=1", other),
    (["SLURM_NTASKS": "4", "SLURM_PROCID": "0", "SLURM_STEP_ID": "0"], "SLURM_NTASKS=4", srun),
    (
      ["SLURM_NTASKS": "8", "SLURM_STEP_NUM_TASKS": "2", "SLURM_PROCID": "0", "SLURM_STEPID": "3"],
      "SLURM_STEP_NUM_TASKS=2", srun
    ),
    (["SLURM_NTASKS": "4", "SLURM_PROCID": "3"], "SLURM_PROCID=3", srun),
  ])
  func severalThatAreNotConnected(
    variables: [String: String], evidence: String, advice: String
  ) throws {
    let found = try #require(LaunchedAlone(variables))
    #expect(
      "\(found)"
        == "the launcher started several processes (\(evidence)), but MPI connects this one "
        + "to no other; \(advice)")
  }

  @Test(arguments: [
    [:],
    // One rank of mpirun, in a step of Slurm or below another launcher.
    ["OMPI_COMM_WORLD_SIZE": "1", "SLURM_NTASKS": "4", "SLURM_PROCID": "1", "SLURM_STEP_ID": "0"],
    ["OMPI_COMM_WORLD_SIZE": "1", "PMI_SIZE": "4"],
    // A shell in an allocation, and a batch script.
    ["SLURM_NTASKS": "4", "SLURM_JOB_ID": "12"],
    ["SLURM_NTASKS": "4", "SLURM_PROCID": "0", "SLURM_NPROCS": "4"],
    ["SLURM_NTASKS": "4", "SLURM_PROCID": "0", "SLURM_STEP_ID": "4294967291"],
    // A step of one task.
    ["SLURM_NTASKS": "1", "SLURM_PROCID": "0", "SLURM_STEP_ID": "0"],
    ["SLURM_NTASKS": "4", "SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0", "SLURM_STEP_ID": "0"],
    ["PMI_SIZE": "1", "PMI_RANK": "0"], ["PMI_SIZE": "many"],
  ])
  func oneThatIsMeantToBeAlone(variables: [String: String]) {
    #expect(LaunchedAlone(variables) == nil)
  }

  /// The first process reports it for all.
  @Test func onlyTheFirstReportsIt() throws {
    let first = try #require(LaunchedAlone(["PMI_SIZE": "3", "PMI_RANK": "0"]))
    let last = try #require(LaunchedAlone(["PMI_SIZE": "3", "PMI_RANK": "2"]))
    let unknown = try #require(LaunchedAlone(["PMI_SIZE": "3"]))
    #expect(first.isFirst && unknown.isFirst && !last.isFirst)
  }
}
