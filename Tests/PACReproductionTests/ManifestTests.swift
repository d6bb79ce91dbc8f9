import Foundation
import PACTestSupport
import Testing

@testable import PACReproduction

@Suite struct ManifestTests {
  private var manifest: Manifest {
    Manifest(
      table: "nyu",
      results: Manifest.Results(
        dataset: Manifest.Dataset(checksum: "01ab", collection: "NYU Depth V2", samples: 1449),
        trainings: ["x8_DJIF": .init(settings: ["lr": "0.1"], epochs: 2, steps: 20)],
        networks: [
          "x8_DJIF": .init(
            settings: ["lr": "0.1"], weights: "77", metrics: ["rmse": 0.1], samples: 449)
        ]),
      circumstances: Manifest.Circumstances(
        program: "pac 0.1", programChecksum: "02", ranks: 1, machine: machine(threads: 2),
        trainings: ["x8_DJIF": machine(threads: 2)]),
      files: ["x8_DJIF": "runs/a"], seconds: ["train x8_DJIF": 12])
  }

  private func machine(threads: Int) -> Manifest.Machine {
    Manifest.Machine(threads: threads, processor: "AuthenticAMD family 26", instructions: "avx2")
  }

  @Test func survivesItsFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Data(try manifest.text.utf8), as: "manifest.json")
    #expect(try Manifest(reading: path) == manifest)
  }

  @Test func timesAndPathsAreNoDifference() throws {
    var other = manifest
    other.files = [:]
    other.seconds = [:]
    let found = try manifest.differences(from: other)
    #expect(found == Manifest.Differences(results: [], circumstances: []))
  }

  @Test func differencesAreNamed() throws {
    var other = manifest
    other.results.networks["x8_DJIF"]?.metrics["rmse"] = 0.1.nextUp
    other.results.networks["x8_DJIF"]?.problem = "lost"
    other.results.trainings["x8_DJIF"]?.settings["lr"] = "0.2"
    other.circumstances.trainings["x8_DJIF"]?.threads = 1
    let found = try manifest.differences(from: other)
    #expect(
      found.results == [
        "networks/x8_DJIF/metrics/rmse: 0.1, there 0.10000000000000002",
        "networks/x8_DJIF/problem: missing, there lost",
        "trainings/x8_DJIF/settings/lr: 0.1, there 0.2",
      ])
    #expect(found.circumstances == ["trainings/x8_DJIF/threads: 2, there 1"])
  }

  @Test func otherFilesAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Data("{}".utf8), as: "a.json")
    #expect(
      message { try Manifest(reading: path) }
        == "\(path): not a manifest that this program knows; name a manifest.json of "
        + "Launch/reproduce")
    #expect(
      message { try Manifest(reading: folder("none")) }
        == "\(folder("none")): cannot read the file; name a manifest.json")
  }
}
