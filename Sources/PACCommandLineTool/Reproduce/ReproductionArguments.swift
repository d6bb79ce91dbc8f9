import ArgumentParser
import Foundation
import PACFiles
import PACReproduction

/// What is reproduced, and from which files.
struct ReproductionArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The prepared dataset (default: that of the recipes, such as data/nyu.h5).",
      valueName: "file.h5"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      """
      What was downloaded: nyu_depth_v2_labeled.mat, the unpacked MPI-Sintel, or VOCdevkit; \
      prepared by pac prepare if the dataset does not exist yet.
      """, valueName: "path"))
  var download: String?

  @Option(help: ArgumentHelp("For voc: folder of the unpacked SBD.", valueName: "dir"))
  var sbd: String?

  @Option(
    name: .customLong("list"),
    help: ArgumentHelp(
      "For voc: a list of images, as for pac prepare voc; may be repeated.",
      valueName: "name=file"))
  var lists: [String] = []

  @Option(help: ArgumentHelp("Folder of the recipes (default: Configs).", valueName: "dir"))
  var recipes: String?

  @Option(
    help: ArgumentHelp(
      "Networks, separated by commas (default: those of the table).", valueName: "models"))
  var models: String?

  @Option(
    help: ArgumentHelp(
      "Upsampling factors, separated by commas (default: 4,8,16).", valueName: "factors"))
  var factors: String?

  @Option(help: "Trainings of each network with different seeds (default: 1).")
  var seeds: Int?

  @Option(
    help: ArgumentHelp(
      """
      Weights to use instead of a training: a file (.pth, .safetensors, .h5) or a run folder; \
      {model} and {factor} are replaced; may be repeated.
      """, valueName: "model[@factor]=file"))
  var weights: [String] = []

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "A setting that takes precedence over all recipes, such as epochs=10; may be repeated.",
      valueName: "key=value"))
  var settings: [String] = []

  @Option(help: "Test samples that are drawn, from the first on; 0 for none (default: 4).")
  var pictures: Int?

  func validate() throws {
    if let seeds, !(1...1000).contains(seeds) {
      throw ValidationError("Cannot use \(seeds) seeds, choose 1 to 1000")
    }
    if let pictures, pictures < 0 {
      throw ValidationError("Cannot draw \(pictures) samples, choose 0 or more")
    }
    for text in weights where GivenWeights(text) == nil {
      throw ValidationError("--weights expects MODEL=FILE or MODEL@FACTOR=FILE, not '\(text)'")
    }
    if let factors, numbers(factors) == nil {
      throw ValidationError("--factors expects numbers separated by commas, not '\(factors)'")
    }
    if let models, names(models).isEmpty { throw ValidationError("--models names no network") }
  }

  /// Checks that no option is given that the table does not use.
  func validate(for table: String) throws {
    let onlyVOC = [("--sbd", sbd != nil), ("--list", !lists.isEmpty)]
    let notPoster = [
      ("--data", data != nil), ("--download", download != nil), ("--recipes", recipes != nil),
      ("--models", models != nil), ("--factors", factors != nil), ("--seeds", seeds != nil),
      ("--weights", !weights.isEmpty), ("--set", !settings.isEmpty),
      ("--pictures", pictures != nil),
    ]
    let useless = (table == "voc" ? [] : onlyVOC) + (table == "poster" ? notPoster : [])
    if let wrong = useless.first(where: \.1) {
      throw ValidationError("\(wrong.0) has no effect with the table \(table)")
    }
  }

  /// The request for a table.
  func request(_ table: PublishedTable, out: String) -> ReproductionRequest {
    var request = ReproductionRequest(table, recipes: recipes ?? "Configs", out: out)
    request.data = data
    request.models = models.map(names) ?? []
    request.factors = factors.flatMap(numbers) ?? []
    request.seeds = seeds ?? 1
    request.weights = weights.compactMap { GivenWeights($0) }
    request.settings = settings
    return request
  }

  /// The arguments of `pac` that prepare the dataset; nil if it exists.
  /// - Throws: `ReproductionError` if there is nothing to prepare it from.
  func preparation(of data: String, for table: String) throws -> [String]? {
    let files = FileManager.default
    guard !files.fileExists(atPath: data) else { return nil }
    guard let download else {
      throw ReproductionError(
        "\(data): no such dataset; give --download with the path of what was downloaded, "
          + "or --data with a prepared dataset")
    }
    // pac prepare reports if this fails.
    try? files.createDirectory(
      at: URL(fileURLWithPath: data).deletingLastPathComponent(),
      withIntermediateDirectories: true)
    return ["prepare", table, download, "--out", data] + (sbd.map { ["--sbd", $0] } ?? [])
      + lists.flatMap { ["--list", $0] }
  }

  private func names(_ text: String) -> [String] { text.split(separator: ",").map(String.init) }

  private func numbers(_ text: String) -> [Int]? {
    let parts = text.split(separator: ",").map { Int($0) }
    let known = parts.compactMap { $0 }
    return known.isEmpty || known.count < parts.count ? nil : known
  }
}

/// Where trainings run, and how many at once.
struct SlotArguments: ParsableArguments {
  @Option(
    help: "Ranks of each training (default: 1); the recipe's global-batch must be at least that.")
  var ranks: Int?

  @Option(
    help: """
      Ranks that run at the same time on this host, over all trainings (default: one per core, \
      as far as there is work).
      """)
  var slots: Int?

  @Option(
    help: ArgumentHelp(
      "Open MPI's hostfile, whose slots are divided among the trainings.", valueName: "file"))
  var hostfile: String?

  @Option(
    help: """
      Threads of each rank (default: OMP_NUM_THREADS, or this host's cores divided by its slots); \
      the last bits of the results depend on it.
      """)
  var threads: Int?

  @Option(help: "Restarts of each training after the loss of a rank (default: 0).")
  var restarts: Int?

  @Option(
    help: ArgumentHelp(
      "Command that starts ranks; Launch/reproduce gives Launch/run.", valueName: "command"))
  var launcher: String?

  func validate() throws {
    for (name, number) in [("ranks", ranks), ("slots", slots), ("threads", threads)] {
      if let number, !(1...1_000_000).contains(number) {
        throw ValidationError("Cannot use --\(name) \(number), choose 1 or more")
      }
    }
    if let restarts, restarts < 0 {
      throw ValidationError("Cannot use --restarts \(restarts), choose 0 or more")
    }
    if slots != nil, hostfile != nil {
      throw ValidationError("Both --slots and --hostfile are given, leave one out")
    }
  }

  /// Checks that only `threads` and `launcher` are given.
  func requireNone(for table: String) throws {
    let useless = [
      ("--ranks", ranks != nil), ("--slots", slots != nil), ("--hostfile", hostfile != nil),
      ("--restarts", restarts != nil),
    ]
    if let wrong = useless.first(where: \.1) {
      throw ValidationError("\(wrong.0) has no effect with the table \(table)")
    }
  }

  /// How jobs are started.
  /// - Parameter jobs: how many could run at once.
  /// - Returns: the launcher.
  /// - Throws: `ReproductionError` if the hostfile cannot be read or there are not enough slots.
  func launcher(jobs: Int) throws -> JobLauncher {
    let cores = Cores.share(
      of: 0, among: [Set(Cores.allowed())], quota: Cores.containerQuota())
    let ranks = ranks ?? 1
    let given: Slots
    if let hostfile {
      let bytes: [UInt8]
      do throws(InputFile.Problem) {
        bytes = try InputFile.contents(of: hostfile)
      } catch {
        throw ReproductionError("--hostfile \(hostfile): \(error)")
      }
      given = try Slots(hostfile: String(decoding: bytes, as: UTF8.self), file: hostfile)
    } else {
      given = Slots(onThisHost: slots ?? max(ranks, min(cores, jobs * ranks)))
    }
    let variable = ProcessInfo.processInfo.environment["OMP_NUM_THREADS"].flatMap { Int($0) }
    let onOneHost = given.hosts.map(\.count).max() ?? 1
    return try JobLauncher(
      program: ProcessSetup.programPath, command: launcher, ranks: ranks,
      threads: threads ?? variable ?? max(1, cores / onOneHost), slots: given,
      restarts: restarts ?? 0)
  }
}
