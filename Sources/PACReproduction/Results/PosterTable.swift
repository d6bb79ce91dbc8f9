import Foundation
import PACText

/// The table of the paper's poster: the run times of CRFs, and how much they gain over FCN-8s.
public struct PosterTable: Sendable {
  /// A row of `pac bench poster`.
  struct Row: Sendable {
    let network: String
    let threads: Int
    let seconds: Double
    let megabytes: Double
    /// The poster's seconds on a GPU; nil if it has none.
    let published: Double?
    /// Our mean IoU minus that of the network without a CRF, in percentage points; nil without
    /// results of the table voc.
    let gain: Double?
  }

  let rows: [Row]
  /// Where the gains come from; nil without them.
  let source: String?

  /// The networks of the table voc whose CRFs the cases of `pac bench` measure.
  private static let models = [
    "fullcrf": "fcn8s_fullcrf", "convcrf": "fcn8s_convcrf", "crf32": "fcn8s_crfi5lp4d5321",
    "crf16-64": "fcn8s_crfi5lp4d5641p4d5161", "bclcrf": "fcn8s_bclcrf",
  ]

  /// Reads the output of `pac bench poster --json`.
  /// - Parameters:
  ///   - output: the output, one object per line.
  ///   - voc: the manifest of the table voc, and its file; nil if there is none.
  /// - Throws: `ReproductionError` if a line has another form.
  public init(_ output: String, voc: (manifest: Manifest, file: String)?) throws {
    func score(_ model: String) -> Double? {
      let networks = voc?.manifest.results.networks.filter { $0.value.settings["model"] == model }
      let scores = networks?.values.compactMap { $0.metrics["miou"] } ?? []
      return scores.isEmpty ? nil : scores.reduce(0, +) / Double(scores.count)
    }
    let base = score("fcn8s")
    rows = try output.split(whereSeparator: \.isNewline).map { line in
      let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      guard let object, let network = object["network"] as? String,
        let name = object["case"] as? String, let threads = object["threads"] as? Int,
        let seconds = object["seconds"] as? Double, let megabytes = object["peak_mb"] as? Double
      else { throw ReproductionError("pac bench poster printed no result: \(line)") }
      let own = Self.models[name].flatMap(score)
      return Row(
        network: network, threads: threads, seconds: seconds, megabytes: megabytes,
        published: object["poster_s"] as? Double,
        gain: base.flatMap { base in own.map { $0 - base } })
    }
    source = rows.contains { $0.gain != nil } ? voc?.file : nil
    guard !rows.isEmpty else { throw ReproductionError("pac bench poster printed no result") }
  }

  private var cells: [[String]] {
    [
      ["network", "threads", "seconds", "memory, MB", "poster (GPU), seconds"]
        + (source == nil ? [] : ["gain in miou, %"])
    ]
      + rows.map { row in
        [
          row.network, "\(row.threads)", String(format: "%.4f", row.seconds),
          String(format: "%.0f", row.megabytes),
          row.published.map { String(format: "%.3f", $0) } ?? "–",
        ] + (source == nil ? [] : [row.gain.map { String(format: "%+.2f", $0) } ?? "–"])
      }
  }

  /// The table in Markdown.
  public var markdown: String {
    let lines = cells.map { "| \($0.joined(separator: " | ")) |" }
    let rule = "|" + String(repeating: "---|", count: cells[0].count)
    let note =
      source.map { "Gains over fcn8s are those of \($0)." }
      ?? "There are no gains in miou, since the table voc has no results here yet."
    return
      (["# The poster's CRFs on 500×500 pixels and 21 classes", "", lines[0], rule]
      + lines.dropFirst() + [
        "", "- The CRFs' times are without the network below them.", "- \(note)",
      ])
      .joined(separator: "\n") + "\n"
  }

  /// The table as CSV.
  public var csv: String {
    cells.map { $0.map { csvCell($0 == "–" ? "" : $0) }.joined(separator: ",") + "\n" }.joined()
  }

  /// Writes `table.md` and `table.csv`.
  /// - Throws: `ReproductionError` if they cannot be written.
  public func write(to folder: String) throws {
    try writeAtomically(markdown, to: "\(folder)/table.md")
    try writeAtomically(csv, to: "\(folder)/table.csv")
  }
}
