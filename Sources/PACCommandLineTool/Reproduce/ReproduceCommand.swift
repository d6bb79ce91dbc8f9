import ArgumentParser
import Foundation
import PACDistributed
import PACKernels
import PACReproduction
import PACText
import PACTraining

struct ReproduceCommand: TaskCommand {
  static let configuration = CommandConfiguration(
    commandName: "reproduce",
    abstract: "Trains and evaluates all networks of a published table; use Launch/reproduce.",
    discussion: """
      From the dataset, or from the download of it, to the table of the paper with our results \
      beside the published ones: every network and factor is trained by its recipe, several at \
      once where there are slots. Called again, it continues where it stopped, and nothing is \
      done twice. It writes table.md, table.csv, pictures of the first samples, and manifest.json \
      with checksums of everything that decides the results. The published datasets must be \
      downloaded by hand. docs/reproduce.md explains all of this.
      """)

  @Argument(help: "The table: nyu, sintel, voc, or poster for run times.")
  var table: String

  @OptionGroup var what: ReproductionArguments

  @OptionGroup var place: SlotArguments

  @Option(
    help: ArgumentHelp(
      "Folder for runs, tables, pictures and logs (default: runs/reproduce/TABLE).",
      valueName: "dir"))
  var out: String?

  @Flag(help: "Only print what would run, with steps and hours from steps that are measured here.")
  var plan = false

  @Option(
    help: ArgumentHelp(
      "Compare the result with another manifest.json and print what differs.",
      valueName: "manifest"))
  var check: String?

  private var folder: String { out ?? "runs/reproduce/\(table)" }

  func validate() throws {
    let names = PublishedTable.all.map(\.name) + ["poster"]
    guard names.contains(table) else {
      let guess = NearestWord.guess(for: table, among: names).map { "; did you mean '\($0)'?" }
      throw ValidationError(
        "Unknown table '\(table)', choose \(enumeration(names))\(guess ?? "")")
    }
    try what.validate(for: table)
    if table == "poster" { try place.requireNone(for: table) }
    if table == "poster", plan || check != nil {
      throw ValidationError("--plan and --check have no effect with the table poster")
    }
    if plan, check != nil { throw ValidationError("Both --plan and --check are given") }
  }

  func run(_ tasks: TaskList) throws {
    guard let published = PublishedTable.all.first(where: { $0.name == table }) else {
      return try runPoster()
    }
    let request = what.request(published, out: folder)
    let planned = try ReproductionPlan(request, tasks: tasks)
    let launcher = try place.launcher(jobs: max(planned.trainings.count, planned.networks.count))
    Threads.set(launcher.threads)
    if plan { return try show(planned, tasks, launcher) }
    try reproduce(request, planned, tasks, launcher)
  }

  // MARK: - Reproducing

  private func reproduce(
    _ request: ReproductionRequest, _ planned: ReproductionPlan, _ tasks: TaskList,
    _ launcher: JobLauncher
  ) throws {
    let other = try check.map { try Manifest(reading: $0) }
    let preparation = try what.preparation(of: planned.data, for: table)
    let reproduction = try Reproduction(
      request, plan: planned, tasks: tasks, launcher: launcher,
      program: Reproduction.Program(
        version: ProgramVersion.text, checksum: ProcessSetup.programChecksum(),
        arithmetic: ProcessSetup.arithmetic),
      pictures: what.pictures ?? 4, report: printError)
    StopSignals.terminal.hold()
    let outcome = try reproduction.run(preparing: preparation)
    try requireNotStopped(outcome.signal)
    guard let table = outcome.table, let manifest = outcome.manifest else {
      preconditionFailure("neither stopped nor finished")
    }
    print(table.markdown)
    print("\(folder): table.md, table.csv, manifest.json")
    let isSame = try other.map { try compare(manifest, with: $0) } ?? true
    guard outcome.failures.isEmpty else {
      for failure in outcome.failures { printError("error: \(oneLine(failure))") }
      throw ExitCode((outcome.mayContinue ? ExitStatus.lost : .failed).rawValue)
    }
    guard isSame else { throw ExitCode(ExitStatus.failed.rawValue) }
  }

  /// Prints what differs between two manifests.
  /// - Returns: whether their results are the same.
  private func compare(_ own: Manifest, with other: Manifest) throws -> Bool {
    let path = check ?? ""
    let differences = try own.differences(from: other)
    for line in differences.circumstances { print("computed differently: \(line)") }
    guard !differences.results.isEmpty else {
      print("\(path): the same results, bit for bit")
      return true
    }
    for line in differences.results { print("different: \(line)") }
    let count = differences.results.count
    printError("error: \(path): \(count) \(count == 1 ? "result differs" : "results differ")")
    return false
  }

  private func runPoster() throws {
    let launcher = try place.launcher(jobs: 1)
    StopSignals.terminal.hold()
    let voc = URL(fileURLWithPath: folder).deletingLastPathComponent()
      .appendingPathComponent("voc/manifest.json").relativePath
    let (table, signal) = try reproducePoster(
      to: folder, launcher: launcher, voc: voc, report: printError)
    try requireNotStopped(signal)
    if let table { print(table.markdown) }
    print("\(folder): table.md, table.csv")
  }

  private func requireNotStopped(_ signal: String?) throws {
    guard let signal else { return }
    printError("stopped by \(signal); give the same command again to continue")
    throw ExitCode(ExitStatus.stopped.rawValue)
  }

  // MARK: - Planning

  private func show(
    _ planned: ReproductionPlan, _ tasks: TaskList, _ launcher: JobLauncher
  ) throws {
    let estimate = try PlanEstimate(planned, tasks: tasks, launcher: launcher)
    let width = estimate.lines.map(\.name.count).max() ?? 0
    print(row(["job", "steps", "s each", "hours", "from"], width))
    for line in estimate.lines {
      print(
        row(
          [
            line.name, line.steps.map { "\($0)" } ?? "-",
            line.secondsEach.map { String(format: "%.4f", $0) } ?? "-",
            line.seconds.map(hours) ?? "-", line.state,
          ], width))
    }
    let (slots, ranks) = (launcher.slots.count, launcher.ranks)
    print(
      "\(planned.trainings.count) trainings on \(ranks) \(ranks == 1 ? "rank" : "ranks") of "
        + "\(launcher.threads) \(launcher.threads == 1 ? "thread" : "threads") each, "
        + "\(launcher.slots.jobs(of: ranks)) at once on \(slots) \(slots == 1 ? "slot" : "slots")")
    if let total = estimate.total, let elapsed = estimate.elapsed {
      print("\(hours(total)) hours one after the other, \(hours(elapsed)) hours on these slots")
    } else {
      print("\(planned.data): not prepared yet, so steps and hours are not known")
    }
  }

  private func row(_ cells: [String], _ width: Int) -> String {
    columns(Array(zip(cells, [width, 9, 8, 9, 0])))
  }

  private func hours(_ seconds: Double) -> String { String(format: "%.2f", seconds / 3600) }
}
