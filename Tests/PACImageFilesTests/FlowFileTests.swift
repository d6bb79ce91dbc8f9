import Foundation
import PACImageFiles
import PACTestSupport
import Testing

@Suite struct FlowFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func bytes<T>(_ values: [T]) -> Data { values.withUnsafeBytes { Data($0) } }

  /// A file of 3 × 2 vectors, byte by byte.
  private func file(width: Int32 = 3, height: Int32 = 2, count: Int = 12) -> Data {
    Data("PIEH".utf8) + bytes([width, height]) + bytes((0..<count).map { Float($0) - 2.5 })
  }

  private func problem(_ data: Data) throws -> String {
    let path = try folder.write(data, as: "f.flo")
    return message { _ = try FlowField(contentsOf: path) }
      .replacing(folder.path + "/", with: "")
  }

  @Test func readsEveryVector() throws {
    let path = try folder.write(file(), as: "f.flo")
    let field = try FlowField(contentsOf: path)
    #expect(field.width == 3 && field.height == 2)
    #expect(
      field.components == [-2.5, -0.5, 1.5, 3.5, 5.5, 7.5, -1.5, 0.5, 2.5, 4.5, 6.5, 8.5])
    #expect(try FlowField.size(of: path) == (2, 3))
  }

  @Test func writesTheSameBytes() throws {
    let path = try folder.write(file(), as: "f.flo")
    try FlowField(contentsOf: path).write(to: folder("g.flo"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder("g.flo"))) == file())
    // Bits of numbers that are not finite stay, too.
    let odd = FlowField(width: 1, height: 1, components: [.nan, -.infinity])
    try odd.write(to: folder("h.flo"))
    let again = try FlowField(contentsOf: folder("h.flo"))
    #expect(again.components.map(\.bitPattern) == odd.components.map(\.bitPattern))
    let blocked = message { try odd.write(to: folder("no/h.flo")) }
    #expect(blocked.contains("no/h.flo: cannot create the file"), "\(blocked)")
  }

  @Test func clearErrors() throws {
    #expect(
      try problem(Data())
        == "f.flo: the file is empty; give optical flow that begins with the number 202021.25")
    #expect(
      try problem(Data("PNG, not flow".utf8))
        == "f.flo: not a .flo file; give optical flow that begins with the number 202021.25")
    let damaged = "f.flo: the image is truncated or damaged"
    #expect(
      try problem(file().prefix(11)) == "\(damaged) (the header is cut); replace the file")
    #expect(
      try problem(file(width: 0)) == "\(damaged) (0 × 2 vectors); replace the file")
    #expect(
      try problem(file(height: -1)) == "\(damaged) (3 × -1 vectors); replace the file")
    #expect(
      try problem(file(width: .max, height: .max))
        == "\(damaged) (2147483647 × 2147483647 vectors); replace the file")
    #expect(
      try problem(file(width: 99_999, height: 99_999))
        == "\(damaged) (79998400020 bytes expected of 99999 × 99999 vectors, 60 found); replace "
        + "the file"
    )
    #expect(
      try problem(file() + [0])
        == "\(damaged) (60 bytes expected of 3 × 2 vectors, 61 found); replace the file")
    for length in 0..<file().count {
      let text = try problem(file().prefix(length))
      #expect(text.hasPrefix("f.flo: ") && !text.contains("\n"), "\(length): \(text)")
    }
    #expect(message { _ = try FlowField(contentsOf: folder("x.flo")) }.contains("no such file"))
  }

  /// Fields of other programs: one that NumPy wrote, and one of MPI-Sintel where it lies beside the
  /// package.
  static let fields =
    [(reference("Samples/sintel/training/flow/cave_4/frame_0041.flo"), 72, 44, Float(3.9056973))]
    + [sharedData("data/sintel/training/flow/market_5/frame_0002.flo")].compactMap {
      $0.map { ($0, 1024, 436, Float(124.7)) }
    }

  @Test(arguments: fields)
  func fieldsOfOthers(_ path: String, width: Int, height: Int, expected: Float) throws {
    let field = try FlowField(contentsOf: path)
    #expect(field.width == width && field.height == height)
    let largest = field.components.map(abs).max() ?? 0
    #expect(abs(largest - expected) < 5e-4 * expected, "\(largest)")
    try field.write(to: folder("copy.flo"))
    let copy = try Data(contentsOf: URL(fileURLWithPath: folder("copy.flo")))
    #expect(try copy == Data(contentsOf: URL(fileURLWithPath: path)))
  }
}
