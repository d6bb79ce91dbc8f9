import Foundation
import PACFiles
import PACTensors
import PACTestSupport
import Testing

@testable import PACWeightFiles

/// Small files that ask for much memory or time are refused in one line.
@Suite struct FileSizeTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// A list of pairs that is copied by call after call.
  @Test func repeatedCalls() {
    func pickle(items: Int, calls: Int) -> [UInt8] {
      let pair = [UInt8](ascii("]q\u{1}(") + ascii("NNe"))
      var bytes: [UInt8] = [0x80, 2] + pair + ascii("0ccollections\nOrderedDict\nq\u{2}0]q\u{3}(")
      for _ in 0..<items { bytes += ascii("h\u{1}") }
      bytes += ascii("e0")
      for _ in 0..<calls { bytes += ascii("h\u{2}h\u{3}") + [0x85] + ascii("R0") }
      return bytes + ascii("N.")
    }
    func text(_ items: Int, _ calls: Int) -> String {
      message {
        var machine = PickleMachine(
          ByteCursor(pickle(items: items, calls: calls), file: "f.pth", part: "data.pkl"))
        _ = try machine.read()
      }
    }
    #expect(text(100, 100) == "no error")
    let refused = text(2000, 20_000)
    #expect(refused.hasPrefix("f.pth, data.pkl, byte "), "\(refused)")
    #expect(
      refused.hasSuffix(
        ": takes more than 2097152 operations, far more than weights need; save the tensors alone "
          + "with torch.save(model.state_dict(), FILE)"), "\(refused)")
  }

  /// Shapes with a 0 whose other extents overflow.
  @Test func emptyTensorsOfImpossibleSize() {
    for shape in [[0, 1 << 62, 1 << 62], [1 << 62, 1 << 62, 0]] {
      #expect(throws: TensorFault.self) {
        try StoredTensor(
          storage: 0, type: .float32, firstByte: 0, first: 0, shape: shape, strides: [1, 1, 1])
      }
      #expect(throws: TensorFault.self) {
        try StoredTensor(storage: 0, type: .float32, firstByte: 0, contiguous: shape)
      }
    }
  }

  /// Two entries in the directory whose bytes are the same.
  @Test func overlappingEntries() throws {
    let path = folder("a.pth")
    let tensors = ["a", "b"].map { NamedTensor(name: $0, value: .zeros([16])) }
    try writeTorchArchive(tensors, to: path)
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    // The offsets of the storages' local headers, at byte 42 of their entries in the directory.
    let places = bytes.indices.dropLast(4).filter {
      Array(bytes[$0..<$0 + 4]) == [0x50, 0x4B, 1, 2]
    }
    bytes.replaceSubrange(
      places[3] + 42..<places[3] + 46, with: bytes[places[2] + 42..<places[2] + 46])
    try folder.write(Data(bytes), as: "b.pth")
    #expect(
      message { try WeightFile(reading: folder("b.pth")) }
        == "\(folder("b.pth")), archive/data/1: shares bytes with archive/data/0; the file is "
        + "damaged or truncated: copy or download it again")
  }

  /// 300 MiB of zeros deflated to 300 KiB.
  @Test(.enabled(if: Python.interpreter != nil, "needs a Python (PAC_TEST_PYTHON)"))
  func archivesThatUnpackToMuch() throws {
    let program = """
      import sys, zipfile
      z = zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED)
      z.writestr('a/data.pkl', b'\\x80\\x02}.')
      for i in range(3): z.writestr('a/data/%d' % i, bytes(100 << 20))
      z.close()
      """
    let path = folder("bomb.pth")
    let made = try run(Python.interpreter ?? "", ["-c", program, path], timeout: 60)
    try #require(made.status == 0, "\(made.errors)")
    let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
    #expect(
      message { try WeightFile(reading: path) }
        == "\(path): the archive needs 301 MiB of memory, far more than a file of \(size) bytes "
        + "should; if you trust the file, set PAC_READ_MIB=301")
  }

  /// Each of many tensors spans the whole file.
  @Test func tensorsOfElementsFarApart() throws {
    let names = (0..<40).map { "t\($0)" }
    var pickle: [UInt8] = [0x80, 2] + ascii("}(")
    for name in names {
      pickle += ascii("X") + [UInt8(name.utf8.count), 0, 0, 0] + ascii(name)
      pickle += ascii("ctorch._utils\n_rebuild_tensor_v2\n((X") + [7, 0, 0, 0]
      pickle += ascii("storagectorch\nFloatStorage\nX") + [1, 0, 0, 0] + ascii("0NM") + [0, 16]
      pickle += ascii("tQK\0K\u{2}") + [0x85] + ascii("M") + [0xFF, 15, 0x85] + ascii("tR")
    }
    pickle += ascii("u.")
    let zip = try ZipWriter(folder("far.pth"))
    try zip.add("a/data.pkl", pickle)
    try zip.add("a/data/0", [UInt8](repeating: 0, count: 4 * 4096))
    try zip.finish()
    #expect(
      message { try WeightFile(reading: folder("far.pth")) }
        == "\(folder("far.pth")): its tensors need 655360 bytes, but share only 16384 stored "
        + "bytes; save copies, for example with clone()")
  }
}
