import Foundation

/// Measures the table of the paper's poster in this folder's one job, `pac bench poster`.
/// - Parameters:
///   - out: the folder of everything that is written.
///   - launcher: how the job is started.
///   - voc: the manifest of the table voc, for the gains; ignored if there is none.
///   - report: prints a line.
/// - Returns: the table, which is also written; nil and the signal if one stopped it.
/// - Throws: `ReproductionError` if it cannot be measured or written.
/// - Precondition: `StopSignals.terminal` is held.
public func reproducePoster(
  to out: String, launcher: JobLauncher, voc: String, report: @escaping (String) -> Void
) throws -> (table: PosterTable?, signal: String?) {
  // The lock reports if this fails.
  try? FileManager.default.createDirectory(
    atPath: "\(out)/logs", withIntermediateDirectories: true)
  let lock = try FolderLock(out, waiting: 60, report: report)
  defer { withExtendedLifetime(lock) {} }
  let gains =
    FileManager.default.fileExists(atPath: voc)
    ? (manifest: try Manifest(reading: voc), file: voc) : nil
  var table: PosterTable?
  let scheduler = JobScheduler(launcher, logs: "\(out)/logs", report: report, ended: { _, _ in })
  try scheduler.run([
    Job(
      name: "bench", after: [], isRanked: false,
      arguments: { ["bench", "poster", "--threads", "\(launcher.threads)", "--json"] },
      complete: { table = try PosterTable($0, voc: gains) })
  ])
  if let reason = scheduler.outcomes["bench"]?.reason { throw ReproductionError(reason) }
  try table?.write(to: out)
  return (table, scheduler.signal)
}
