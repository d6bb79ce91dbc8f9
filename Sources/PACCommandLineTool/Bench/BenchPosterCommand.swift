import ArgumentParser
import Foundation
import PACBenchmarking

struct BenchPosterCommand: ComputingCommand {
  static let configuration = CommandConfiguration(
    commandName: "poster",
    abstract: "Measures FCN8s, PacFCN and the CRFs of the paper's poster: 500×500, 21 classes.",
    discussion: """
      Each row runs in its own process; the rows of the CRFs do not include the network below \
      them. PacFCN is FCN8s with PAC in three layers, and with the padding of fcn8saltpad, which \
      processes fewer pixels than FCN8s. Columns: the pac bench case that is run, threads, the \
      median time of one image in seconds, the ratio of that time to FCN8s's, peak resident memory \
      in MiB, and the poster's time on a GPU.
      """)

  @OptionGroup var measuring: CaseArguments

  /// The rows: title, case, and the poster's seconds; FCN8s, which the others are compared with,
  /// first.
  private static let rows: [(title: String, benchmark: String, published: Double?)] = [
    ("unary (FCN8s)", "fcn8s-inference", nil),
    ("unary (altpad)", "fcn8saltpad-inference", nil),
    ("unary (PacFCN)", "fcn8spac-inference", nil),
    ("Full-CRF", "fullcrf", 0.629),
    ("BCL-CRF", "bclcrf", 2.6),
    ("Conv-CRF", "convcrf", 0.038),
    ("PAC-CRF-32", "crf32", 0.039),
    ("PAC-CRF-16-64", "crf16-64", 0.078),
  ]

  func run() throws {
    if !measuring.json {
      print(line(["network", "case", "threads", "seconds", "ratio", "peak_mb", "poster_s (GPU)"]))
    }
    var first: Double?
    for (title, benchmark, published) in Self.rows {
      let result = try measuring.measureApart(benchmark)
      let ratio = result.seconds / (first ?? result.seconds)
      if first == nil { first = result.seconds }
      let fields: [(String, Any?)] = [
        ("network", title), ("case", benchmark), ("threads", result.threads),
        ("seconds", result.seconds), ("ratio", ratio), ("peak_mb", result.peakMegabytes),
        ("poster_s", published),
      ]
      print(
        measuring.json
          ? JSONLine(fields).text
          : line([
            title, benchmark, "\(result.threads)", String(format: "%.4f", result.seconds),
            String(format: "%.3f", ratio), String(format: "%.0f", result.peakMegabytes),
            published.map { String(format: "%.3f", $0) } ?? "-",
          ]))
    }
  }

  private func line(_ cells: [String]) -> String {
    columns(Array(zip(cells, [14, 21, 7, 8, 7, 8, 0])))
  }
}
