import Testing

@testable import PACTraining

@Suite struct PredictionFolderTests {
  @Test func namesOfFiles() {
    #expect(fileName("2007_000033", limit: 90) == "2007_000033")
    #expect(fileName("a/b c:d", limit: 90) == "a-b-c-d")
    #expect(fileName("größe", limit: 4) == "grö")
    #expect(fileName("größe", limit: 3) == "gr")
  }

  @Test func whatHadToChangeStaysDistinct() {
    #expect(distinctFileName("2007_000033", limit: 90) == "2007_000033")
    let long = String(repeating: "x", count: 95)
    let names = ["a/b", "a-b", "a:b", long, long + "1", long + "2"]
    let files = names.map { distinctFileName($0, limit: 90) }
    #expect(files[1] == "a-b")
    #expect(files[0].hasPrefix("a-b-") && files[0].count == 12)
    #expect(Set(files).count == names.count)
    #expect(files.allSatisfy { $0.utf8.count <= 90 })
  }
}
