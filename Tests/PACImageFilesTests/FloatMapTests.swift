import Foundation
import PACImageFiles
import PACTestSupport
import Testing

@Suite struct FloatMapTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Two rows of three numbers, the lower row first.
  private func file(
    _ header: String, bigEndian: Bool = false, _ numbers: [Float] = [4, 5, 6, 1, 2, .infinity]
  ) -> Data {
    let bytes = numbers.flatMap { number in
      withUnsafeBytes(of: bigEndian ? number.bitPattern.bigEndian : number.bitPattern) { Array($0) }
    }
    return Data(header.utf8) + Data(bytes)
  }

  private func read(_ data: Data) throws -> FloatMap {
    try FloatMap(contentsOf: folder.write(data, as: "a.pfm"))
  }

  @Test(arguments: [
    ("Pf\n3 2\n-1.0\n", false), ("Pf\n3 2\n1\n", true), ("Pf 3 2 -0.003922 ", false),
    ("Pf\r\n3 2\r\n-1\r\n", false), ("Pf\n3\n2\n255.0\n", true),
  ])
  func everyHeader(_ header: String, bigEndian: Bool) throws {
    let map = try read(file(header, bigEndian: bigEndian))
    #expect(map.width == 3 && map.height == 2)
    #expect(map.elements == [1, 2, .infinity, 4, 5, 6])
    #expect(try FloatMap.size(of: folder("a.pfm")) == (2, 3))
  }

  @Test func clearErrors() throws {
    func text(_ data: Data) -> String {
      message { _ = try read(data) }.replacing(folder("a.pfm"), with: "F")
    }
    let damaged = "F: the image is truncated or damaged "
    #expect(
      text(file("PF\n1 2\n-1\n"))
        == "F: three channels, not a map of one number a pixel; give a portable float map that "
        + "begins with Pf")
    #expect(
      text(file("P5\n3 2\n-1\n"))
        == "F: not a .pfm file; give a portable float map, which begins with Pf")
    #expect(
      text(Data()) == "F: the file is empty; give a portable float map, which begins with Pf")
    #expect(
      text(file("Pf\n3 2\n-1\n").dropLast())
        == damaged + "(24 bytes expected of 3 × 2 numbers, 23 found); replace the file")
    #expect(
      text(file("Pf\n3 2\n-1\n") + [0])
        == damaged + "(24 bytes expected of 3 × 2 numbers, 25 found); replace the file")
    for header in ["Pf\n0 2\n-1\n", "Pf\n3 -2\n-1\n", "Pf\n3 2\n0\n", "Pf\n3 2\nnan\n", "Pf\n3 2"] {
      #expect(
        text(file(header, [])).hasPrefix(damaged + "(the header cannot be read: "), "\(header)")
    }
    #expect(
      text(file("Pf\n99999999999 99999999999\n-1\n"))
        == "F: the map has 99999999999 × 99999999999 pixels; use maps of at most 2^28 pixels")
    let whole = file("Pf\n3 2\n-1\n")
    for length in 0..<whole.count { #expect(text(whole.prefix(length)).hasPrefix("F: ")) }
  }
}
