import ArgumentParser
import Foundation
import PACBenchmarking

struct BenchPosterCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "poster",
    abstract: "Measures FCN8s and the CRFs of the paper's poster: 500×500, 21 classes.",
    discussion: """
      Each row runs in its own process; the rows of the CRFs do not include the network below \
      them. Columns: the pac bench case that is run, threads, the median time of one image in \
      seconds, peak resident memory in MiB, and the poster's time on a GPU.
      """)

  @OptionGroup var measuring: CaseArguments

  /// The rows: title, case, and the poster's seconds.
  private static let rows: [(title: String, benchmark: String, published: Double?)] = [
    ("unary (FCN8s)", "fcn8s-inference", nil), ("Full-CRF", "fullcrf", 0.629),
    ("BCL-CRF", "bclcrf", 2.6), ("Conv-CRF", "convcrf", 0.038), ("PAC-CRF-32", "crf32", 0.039),
    ("PAC-CRF-16-64", "crf16-64", 0.078),
  ]

  func run() throws {
    if !measuring.json {
      print(line(["network", "case", "threads", "seconds", "peak_mb", "poster_s (GPU)"]))
    }
    for (title, benchmark, published) in Self.rows {
      let result = try measuring.measureApart(benchmark)
      let fields: [(String, Any?)] = [
        ("network", title), ("case", benchmark), ("threads", result.threads),
        ("seconds", result.seconds), ("peak_mb", result.peakMegabytes), ("poster_s", published),
      ]
      print(
        measuring.json
          ? JSONLine(fields).text
          : line([
            title, benchmark, "\(result.threads)", String(format: "%.4f", result.seconds),
            String(format: "%.0f", result.peakMegabytes),
            published.map { String(format: "%.3f", $0) } ?? "-",
          ]))
    }
  }

  private func line(_ cells: [String]) -> String {
    columns(Array(zip(cells, [14, 15, 7, 8, 8, 0])))
  }
}
