import Foundation
import PACTestSupport
import Testing

/// README's example of the library is `Tests/PACExampleProgram/main.swift`, line by line.
@Suite struct ReadmeExampleTests {
  @Test func standsInTheReadme() throws {
    func text(_ path: String) throws -> String {
      try String(contentsOf: packageRoot.appending(path: path), encoding: .utf8)
    }
    let program = try text("Tests/PACExampleProgram/main.swift")
    #expect(try text("README.md").contains("```swift\n\(program)```"))
  }

  @Test func trains() throws {
    let folder = try TemporaryFolder()
    let result = try run(
      product("PACExampleProgram").path, in: URL(filePath: folder.path), timeout: 60)
    #expect(result.status == 0, "\(result.errors)")
    let losses = result.output.split(separator: "\n")
      .compactMap { $0.split(separator: " ").last.flatMap { Float($0) } }
    #expect(losses.count == 3)
    #expect(try #require(losses.last) < 0.05)
    #expect(try folder.names() == ["smoothing.pth"])
  }
}
