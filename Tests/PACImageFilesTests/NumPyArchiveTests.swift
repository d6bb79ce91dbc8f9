import Foundation
import PACImageFiles
import PACTestSupport
import Testing

@Suite struct NumPyArchiveTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func array(_ values: [Float]) throws -> [UInt8] {
    try NumPyArray.write(values, shape: [1, values.count], to: folder("one.npy"))
    return try bytes(of: folder("one.npy"))
  }

  private func read(_ builder: ZipBuilder) throws -> NumPyArray {
    let path = try folder.write(builder.data(), as: "a.npz")
    return try NumPyArchive(path).array(named: "depth")
  }

  private func fault(_ builder: ZipBuilder) -> String {
    message { _ = try read(builder) }.replacing(folder("a.npz"), with: "F")
  }

  @Test(arguments: [false, true])
  func theOnlyArrayOrTheNamedOne(_ isDeflated: Bool) throws {
    var builder = ZipBuilder([("arr_0.npy", try array([1.5, 2]), nil)])
    builder.isDeflated = isDeflated
    #expect(try read(builder).elements == [1.5, 2])
    #expect(try read(builder).shape == [1, 2])
    builder.files = [
      ("rgb.npy", try array([7]), nil), ("note.txt", [1], nil), ("depth.npy", try array([3]), nil),
    ]
    #expect(try read(builder).elements == [3])
  }

  @Test func clearErrors() throws {
    let two = ZipBuilder([("a.npy", try array([1]), nil), ("b\u{1B}.npy", try array([1]), nil)])
    #expect(
      fault(two)
        == "F: the archive holds 2 arrays (a, b\u{FFFD}); save one alone, or call one 'depth'")
    #expect(
      fault(ZipBuilder([("a.txt", [1], nil)]))
        == "F: the archive holds no array; save the array with numpy.savez")
    #expect(
      fault(ZipBuilder([("a.npy", Array("text".utf8), nil)]))
        == "F, a.npy: not a .npy file; save the array with numpy.save")
    let path = try folder.write(Data("text".utf8), as: "a.npz")
    #expect(
      message { _ = try NumPyArchive(path) }
        == "\(path): not a .npz file; save the array with numpy.savez")
    let whole = ZipBuilder([("a.npy", try array([1, 2, 3]), nil)]).data()
    for length in 0..<whole.count {
      let path = try folder.write(whole.prefix(length), as: "a.npz")
      #expect(
        message { _ = try NumPyArchive(path).array(named: "depth") }.hasPrefix(path), "\(length)")
    }
  }

  /// A small file that claims to unpack to much is refused before memory is taken.
  @Test func claimsAreRefused() throws {
    var builder = ZipBuilder([
      ("a.npy", [UInt8](repeating: 0, count: 300_000), NumPyArchive.most + 1)
    ])
    builder.isDeflated = true
    let text = fault(builder)
    #expect(text.hasPrefix("F: "), "\(text)")
    #expect(text.contains("at most 268435456 bytes") || text.contains("MiB of memory"), "\(text)")
  }
}
