import PACFiles
import PACTestSupport
import Testing

@testable import PACWeightFiles

/// Pickles put together by hand: what PyTorch does not write, and what would do harm.
@Suite struct PickleMachineTests {
  private func read(_ bytes: [UInt8]) throws -> (PickleValue, PickleHeap) {
    var machine = PickleMachine(ByteCursor(bytes, file: "f.pth", part: "data.pkl"))
    return (try machine.read(), machine.heap)
  }

  private func text(_ bytes: [UInt8]) -> String { message { try read(bytes) } }

  private func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

  private static let refused =
    "; only tensors and plain values are read, and no code is run; save the tensors alone with torch.save(model.state_dict(), FILE)"
  private static let damaged = "; the file is damaged or truncated: copy or download it again"

  @Test func programsAreNotRun() {
    let system: [UInt8] =
      [0x80, 2] + ascii("cposix\nsystem\nX") + [4, 0, 0, 0] + ascii("true") + [0x85]
      + ascii("R.")
    #expect(text(system) == "f.pth, data.pkl, byte 2: asks for posix.system\(Self.refused)")
    let stackGlobal: [UInt8] =
      [0x80, 4, 0x8C, 8] + ascii("builtins") + [0x8C, 4] + ascii("eval") + [0x93] + ascii(".")
    #expect(
      text(stackGlobal) == "f.pth, data.pkl, byte 18: asks for builtins.eval\(Self.refused)")
    for name in ["torch\nload", "torch._utils\n_rebuild_qtensor", "torch.cuda\nfloat32"] {
      let words = name.split(separator: "\n").joined(separator: ".")
      #expect(
        text(ascii("c\(name)\n.")) == "f.pth, data.pkl, byte 0: asks for \(words)\(Self.refused)")
    }
    // Operations that make objects of classes, and those of extensions and protocol 0.
    for operation in ["i", "o", "P", "I", "\u{81}", "\u{82}", "\u{92}", "\u{97}"] {
      let byte = UInt8(operation.unicodeScalars.first?.value ?? 0)
      #expect(
        text([byte])
          == "f.pth, data.pkl, byte 0: asks for the pickle operation "
          + "0x\(String(byte, radix: 16))\(Self.refused)"
      )
    }
    #expect(
      text([0x80, 0]) == "f.pth, data.pkl, byte 0: is written in pickle protocol 0\(Self.refused)")
  }

  @Test func namesAreShownWithoutControlCharacters() {
    let text = text(ascii("c\u{1b}[31mx\n" + String(repeating: "y", count: 200) + "\n."))
    #expect(text.contains("asks for \u{FFFD}[31mx.yyyy"), "\(text)")
    #expect(text.contains("y…;"), "\(text)")
  }

  @Test func emptyStacks() {
    for bytes in ["R", "0", "2", "a", "s", "u", "e", "t", "q\u{1}", "b", "Q", "1", ".", "(0", "(R"]
    {
      #expect(text(ascii(bytes)).contains("pops an empty stack"), "\(bytes)")
    }
    #expect(text(ascii("h\u{1}")).contains("refers to the missing value 1"))
    #expect(text(ascii("NNR")).contains("calls None with None"))
    #expect(text(ascii("NNa")).contains("adds an item to None"))
    #expect(text(ascii("}(NNNu")).contains("a key of a dictionary has no value"))
  }

  /// A length that reaches beyond the end costs no memory.
  @Test func lengthsThatLie() {
    let lies: [[UInt8]] = [
      [0x58, 255, 255, 255, 127], [0x8D, 0, 0, 0, 0, 0, 1, 0, 0], [0x8B, 255, 255, 255, 255],
      [0x8E] + [UInt8](repeating: 255, count: 8), [0x54, 255, 255, 255, 255], [0x42, 9, 0, 0, 0],
      [0x8A, 200], [0x8C, 3, 65], [0x47, 0], [0x63, 65], [],
    ]
    for bytes in lies {
      let text = text(bytes)
      #expect(text.hasPrefix("f.pth, data.pkl, byte "), "\(text)")
      #expect(text.hasSuffix(Self.damaged), "\(text)")
    }
  }

  @Test func numbers() throws {
    func integer(_ bytes: [UInt8]) throws -> Int? {
      if case .integer(let number) = try read(bytes + ascii(".")).0 { number } else { nil }
    }
    #expect(try integer([0x8A, 0]) == 0)
    #expect(try integer([0x8A, 1, 0xFF]) == -1)
    #expect(try integer([0x8A, 2, 0xFF, 0]) == 255)
    #expect(try integer([0x8A, 8, 0, 0, 0, 0, 0, 0, 0, 0x80]) == .min)
    #expect(try integer([0x4A, 0xFE, 0xFF, 0xFF, 0xFF]) == -2)
    #expect(try integer([0x4B, 200]) == 200)
    #expect(try integer([0x4D, 1, 2]) == 513)
    guard case .real(let number) = try read([0x47, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0, 0x2E]).0 else {
      Issue.record("no number")
      return
    }
    #expect(number == 1.5)
  }

  /// Python 2 wrote texts as bytes, and the items of an OrderedDict as its argument.
  @Test func ofPython2() throws {
    let tensor: [UInt8] =
      ascii("ctorch._utils\n_rebuild_tensor\n((U") + [7]
      + ascii("storageq\u{5}ctorch\nFloatStorage\nU")
      + [4] + ascii("1234U") + [3] + ascii("cpuK\u{6}NtQK\0K\u{2}K\u{3}") + [0x86]
      + ascii("K\u{3}K\u{1}") + [0x86] + ascii("tR")
    let whole: [UInt8] =
      [0x80, 2] + ascii("ccollections\nOrderedDict\n](](U") + [1] + ascii("a") + tensor
      + ascii("ee") + [0x85] + ascii("R.")
    var machine = PickleMachine(ByteCursor(whole, file: "f", part: "p"))
    let dictionary = try StateDictionary(try machine.read(), machine.heap)
    #expect(dictionary.tensors.map(\.name) == ["a"])
    #expect(machine.objects.tensors[0].shape == [2, 3])
    #expect(machine.objects.storages.map(\.key) == ["1234"])
    #expect(machine.objects.storages.map(\.bytes) == [24])
  }

  /// Values that contain themselves, or lie very deep, neither crash nor hang.
  @Test func shapesThatNeverEnd() throws {
    // d = {}; d['a'] = d; and a dictionary of many names for it.
    let itself: [UInt8] = ascii("}q\u{0}X") + [1, 0, 0, 0] + ascii("ah\u{0}s.")
    let (root, heap) = try read(itself)
    #expect(
      message { try StateDictionary(root, heap) }
        == "TensorFault(problem: \"holds no dictionary of tensors\")")
    let count = 2_000_000
    let (deep, _) = try read(ascii(")") + [UInt8](repeating: 0x85, count: count) + ascii("."))
    guard case .tuple(count) = deep else {
      Issue.record("\(deep)")
      return
    }
    var chain = ascii("}")
    for _ in 0..<100_000 { chain += ascii("X") + [1, 0, 0, 0] + ascii("a}") }
    chain += [UInt8](repeating: UInt8(ascii: "s"), count: 100_000) + ascii(".")
    let (nested, nestedHeap) = try read(chain)
    #expect(
      message { try StateDictionary(nested, nestedHeap) }
        == "TensorFault(problem: \"holds no dictionary of tensors\")")
  }

  @Test func tensorsBeyondTheirStorage() {
    func tensor(
      _ first: UInt8, _ shape: UInt8, _ stride: UInt8, extra: [UInt8] = []
    ) -> String {
      text(
        ascii("ctorch._utils\n_rebuild_tensor_v2\n((X") + [7, 0, 0, 0]
          + ascii("storagectorch\nFloatStorage\nX") + [1, 0, 0, 0] + ascii("0N")
          + ascii("K\u{6}") + extra + ascii("tQ") + [
            0x4B, first, 0x4B, shape, 0x85, 0x4B, stride, 0x85,
          ]
          + ascii("tR."))
    }
    #expect(tensor(0, 6, 1) == "no error")
    #expect(tensor(5, 1, 1) == "no error")
    #expect(tensor(6, 0, 1) == "no error")
    #expect(tensor(1, 6, 1).contains("of shape [6] that reaches beyond its storage"))
    #expect(tensor(0, 3, 3).contains("of shape [3] that reaches beyond its storage"))
    #expect(tensor(0, 3, 0).contains("makes 3 elements of 1 stored ones"))
    // A part of the storage, as PyTorch before 0.4 wrote it: three elements from the second on.
    func part(_ first: UInt8, _ count: UInt8, shape: UInt8) -> String {
      let view = ascii("X") + [1, 0, 0, 0] + ascii("v") + [0x4B, first, 0x4B, count, 0x87]
      return tensor(0, shape, 1, extra: view)
    }
    #expect(part(1, 3, shape: 3) == "no error")
    #expect(part(1, 3, shape: 4).contains("of shape [4] that reaches beyond its storage"))
    #expect(part(4, 3, shape: 3).contains("names a part outside storage 0"))
  }
}
