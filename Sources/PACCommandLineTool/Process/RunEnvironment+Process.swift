import Foundation
import PACTraining

extension RunEnvironment {
  /// That of this process.
  static func current() -> RunEnvironment {
    let variables = ProcessInfo.processInfo.environment
    return RunEnvironment(
      program: ProgramVersion.text, checksum: ProcessSetup.programChecksum(),
      libraries: LoadedLibraries.all, processor: Processor.current().name,
      launcher: launcher(variables), command: CommandLine.arguments)
  }

  /// What started a process, `mpirun, Slurm job 7`; nil if nothing is known.
  /// - Parameter variables: its environment.
  /// - Returns: the launcher and the batch job.
  static func launcher(_ variables: [String: String]) -> String? {
    let marks = [
      ("OMPI_COMM_WORLD_SIZE", "mpirun"), ("SLURM_STEP_ID", "srun"), ("PMIX_RANK", "PMIx"),
      ("PMI_RANK", "PMI"),
    ]
    let batch = [
      ("SLURM_JOB_ID", "Slurm job"), ("PBS_JOBID", "PBS job"), ("LSB_JOBID", "LSF job"),
    ]
    let launcher = marks.first { variables[$0.0] != nil }?.1
    let job = batch.lazy.compactMap { name, words in variables[name].map { "\(words) \($0)" } }
      .first
    let words = [launcher, job].compactMap { $0 }
    return words.isEmpty ? nil : words.joined(separator: ", ")
  }
}
