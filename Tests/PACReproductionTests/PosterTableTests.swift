import PACTestSupport
import Testing

@testable import PACReproduction

@Suite struct PosterTableTests {
  private let output = """
    {"network":"unary (FCN8s)","case":"fcn8s-inference","threads":2,"seconds":1.0341,"peak_mb":1206.2}
    {"network":"Full-CRF","case":"fullcrf","threads":2,"seconds":0.1823,"peak_mb":229.0,"poster_s":0.629}
    {"network":"PAC-CRF-32","case":"crf32","threads":2,"seconds":0.139,"peak_mb":165.4,"poster_s":0.039}

    """

  private func voc(_ scores: [String: Double]) -> (manifest: Manifest, file: String) {
    let networks = scores.map { name, score in
      let model = name.replacing("_seed1", with: "")
      return (
        name,
        Manifest.Network(settings: ["model": model], metrics: ["miou": score], samples: 736)
      )
    }
    let machine = Manifest.Machine(threads: 1, processor: "", instructions: "")
    return (
      Manifest(
        table: "voc",
        results: Manifest.Results(
          dataset: Manifest.Dataset(checksum: "", collection: "", samples: 736), trainings: [:],
          networks: Dictionary(uniqueKeysWithValues: networks)),
        circumstances: Manifest.Circumstances(
          program: "", programChecksum: "", ranks: 1, machine: machine, trainings: [:]),
        files: [:], seconds: [:]), "voc/manifest.json"
    )
  }

  @Test func timesAloneHaveNoGains() throws {
    let table = try PosterTable(output, voc: nil)
    #expect(
      table.csv == """
        network,threads,seconds,"memory, MB","poster (GPU), seconds"
        unary (FCN8s),2,1.0341,1206,
        Full-CRF,2,0.1823,229,0.629
        PAC-CRF-32,2,0.1390,165,0.039

        """)
    #expect(table.markdown.contains("| unary (FCN8s) | 2 | 1.0341 | 1206 | – |\n"))
    #expect(table.markdown.contains("- There are no gains in miou, since the table voc has no"))
  }

  /// Gains are over fcn8s, and the mean over seeds.
  @Test func gainsAreThoseOfTheTableVOC() throws {
    let scores = ["fcn8s": 65.5, "fcn8s_crfi5lp4d5321": 68.0, "fcn8s_crfi5lp4d5321_seed1": 69.0]
    let table = try PosterTable(output, voc: voc(scores))
    #expect(table.csv.hasSuffix("PAC-CRF-32,2,0.1390,165,0.039,+3.00\n"))
    #expect(table.rows.map(\.gain) == [nil, nil, 3])
    #expect(table.markdown.contains("- Gains over fcn8s are those of voc/manifest.json."))
  }

  @Test func otherOutputIsRefused() {
    #expect(message { try PosterTable("", voc: nil) } == "pac bench poster printed no result")
    #expect(
      message { try PosterTable("{\"case\":1}\n", voc: nil) }
        == "pac bench poster printed no result: {\"case\":1}")
  }
}
