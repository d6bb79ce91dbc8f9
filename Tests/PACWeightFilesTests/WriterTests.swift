import Foundation
import PACTensors
import PACTestSupport
import Testing

@testable import PACWeightFiles

/// What we write comes back bit for bit, here and in PyTorch.
@Suite struct WriterTests {
  private let folder: TemporaryFolder
  private let tensors: [NamedTensor]

  init() throws {
    folder = try TemporaryFolder()
    let bits: [UInt32] = [0, 1, 0x8000_0000, 0x3F80_0001, 0x7F80_0000, 0x7FC0_0001, 0xFFFF_FFFF]
    tensors = [
      NamedTensor(
        name: "branch_t.conv1.weight",
        value: Tensor([3, 2, 5, 5], (0..<150).map { Float($0) * 0.37 - 20 })),
      NamedTensor(name: "größe \"x\"\n\\", value: Tensor([7], bits.map { Float(bitPattern: $0) })),
      NamedTensor(name: "scalar", value: Tensor(scalar: 0.1)),
      NamedTensor(name: "empty", value: .zeros([0, 4])),
      NamedTensor(name: "one", value: .zeros([1, 1, 1])),
    ]
  }

  private func contents(_ tensors: [NamedTensor]) -> [String] {
    tensors.map { "\($0.name) \($0.value.shape) \($0.value.elements.map(\.bitPattern))" }
  }

  private func read(_ path: String) throws -> [NamedTensor] {
    let file = try WeightFile(reading: path)
    return try file.entries.map { NamedTensor(name: $0.name, value: try file.tensor($0)) }
  }

  @Test func comesBack() throws {
    try writeTorchArchive(tensors, to: folder("a.pth"))
    #expect(try contents(read(folder("a.pth"))) == contents(tensors))
    try writeSafetensors(tensors, metadata: ["model": "größe \u{1}"], to: folder("a.safetensors"))
    #expect(try contents(read(folder("a.safetensors"))) == contents(tensors))
    #expect(
      try WeightFile(reading: folder("a.safetensors")).metadata
        == ["format": "pt", "model": "größe \u{1}"])
    // The same weights give the same bytes.
    for name in ["a.pth", "a.safetensors"] {
      let first = try Data(contentsOf: URL(fileURLWithPath: folder(name)))
      if name == "a.pth" {
        try writeTorchArchive(tensors, to: folder("b"))
      } else {
        try writeSafetensors(tensors, metadata: ["model": "größe \u{1}"], to: folder("b"))
      }
      #expect(try Data(contentsOf: URL(fileURLWithPath: folder("b"))) == first)
    }
  }

  @Test func withoutTensors() throws {
    try writeTorchArchive([], to: folder("a.pth"))
    #expect(
      message { try WeightFile(reading: folder("a.pth")) }
        == "\(folder("a.pth")): holds no dictionary of tensors; save the tensors alone with torch.save(model.state_dict(), FILE)"
    )
    try writeSafetensors([], to: folder("a.safetensors"))
    #expect(try WeightFile(reading: folder("a.safetensors")).entries.isEmpty)
  }

  @Test func unwritable() {
    let path = folder("none/a.pth")
    #expect(
      message { try writeTorchArchive(tensors, to: path) }
        == "\(path): cannot create the file (No such file or directory); check the folder and the "
        + "free disk space"
    )
  }

  /// Each tensor's bytes begin at a multiple of 64, so that PyTorch can map the file.
  @Test(.enabled(if: Python.has("torch"), "needs a Python with PyTorch (PAC_TEST_PYTHON)"))
  func pyTorchReadsIt() throws {
    try writeTorchArchive(tensors, to: folder("a.pth"))
    let program = """
      import sys, torch, zipfile
      assert zipfile.ZipFile(sys.argv[1]).testzip() is None
      for options in {}, {'mmap': True}:
          d = torch.load(sys.argv[1], weights_only=True, **options)
          assert all(t.is_contiguous() and t.dtype == torch.float32 and t.data_ptr() % 64 == 0 or t.numel() == 0
                     for t in d.values())
          print(type(d).__name__)
          for name, t in d.items():
              bits = [b & 0xffffffff for b in t.flatten().view(torch.int32).tolist()]
              print(f'{name} {list(t.shape)} {bits}')
      """
    let lines = (["OrderedDict"] + contents(tensors)).joined(separator: "\n")
    #expect(try Python.output(program, folder("a.pth")) == "\(lines)\n\(lines)")
  }

  /// Zip64's fields in an archive that would not need them, so that small files try them: each
  /// number on its own, and all of them.
  static let limits = [
    ZipLimits(number: 0, entries: 0), ZipLimits(number: 64), ZipLimits(number: 1000),
    ZipLimits(entries: 3),
  ]

  @Test(arguments: limits)
  func wideArchivesComeBack(_ limits: ZipLimits) throws {
    try writeTorchArchive(tensors, to: folder("a.pth"), limits: limits)
    #expect(try contents(read(folder("a.pth"))) == contents(tensors))
  }

  @Test(
    .enabled(if: Python.has("torch"), "needs a Python with PyTorch (PAC_TEST_PYTHON)"),
    arguments: limits)
  func pyTorchReadsWideArchives(_ limits: ZipLimits) throws {
    try writeTorchArchive(tensors, to: folder("a.pth"), limits: limits)
    let program = """
      import sys, torch, zipfile
      archive = zipfile.ZipFile(sys.argv[1])
      assert archive.testzip() is None
      # Where the limit is 0 every entry has the field of zip64.
      if sys.argv[2] == '0':
          assert all(entry.extract_version == 45 and entry.extra[:2] == b'\\x01\\x00' for entry in archive.infolist())
      d = torch.load(sys.argv[1], weights_only=True)
      for name, t in d.items():
          bits = [b & 0xffffffff for b in t.flatten().view(torch.int32).tolist()]
          print(f'{name} {list(t.shape)} {bits}')
      """
    #expect(
      try Python.output(program, folder("a.pth"), "\(limits.number)")
        == contents(tensors).joined(separator: "\n"))
  }

  /// The archive of another program, Python's, with zip64's fields everywhere.
  @Test(.enabled(if: Python.has("h5py"), "needs a Python with h5py"))
  func readsWideArchivesOfPython() throws {
    try writeTorchArchive(tensors, to: folder("a.pth"))
    let program = """
      import sys, zipfile
      zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = 10, 2
      with zipfile.ZipFile(sys.argv[1]) as old, zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED) as new:
          for entry in old.infolist():
              with new.open(entry.filename, 'w', force_zip64=True) as file:
                  file.write(old.read(entry))
      print(open(sys.argv[2], 'rb').read().count(b'PK\\x06\\x06'))
      """
    #expect(try Python.output(program, folder("a.pth"), folder("b.pth")) == "1")
    #expect(try contents(read(folder("b.pth"))) == contents(tensors))
  }

  /// More entries than 16 bits count.
  @Test func manyTensors() throws {
    let many = (0..<66_000).map { NamedTensor(name: "t\($0)", value: Tensor(scalar: Float($0))) }
    try writeTorchArchive(many, to: folder("a.pth"))
    let file = try WeightFile(reading: folder("a.pth"))
    #expect(file.entries.map(\.name) == many.map(\.name))
    #expect(try file.tensor(file.entries[65_999]).elements == [65_999])
  }

  /// A storage beyond 4 GiB, and one that begins behind it; takes 10 GB of memory and 5 GB of disk.
  @Test(
    .enabled(
      if: ProcessInfo.processInfo.environment["PAC_LARGE_FILES"] != nil && Python.has("torch"),
      "set PAC_LARGE_FILES; needs a Python with PyTorch"))
  func storageBeyondFourGigabytes() throws {
    let count = (1 << 30) + 5
    let large = [
      NamedTensor(name: "large", value: Tensor(repeating: 0.5, [count])),
      NamedTensor(name: "last", value: Tensor([2], [1, 2])),
    ]
    try writeTorchArchive(large, to: folder("a.pth"))
    let file = try WeightFile(reading: folder("a.pth"))
    #expect(file.entries.map(\.shape) == [[count], [2]])
    #expect(try file.tensor(file.entries[1]).elements == [1, 2])
    let program = """
      import sys, torch
      d = torch.load(sys.argv[1], weights_only=True, mmap=True)
      print(d['large'].shape[0], d['large'][-1].item(), d['last'].tolist())
      torch.save(d, sys.argv[2])
      """
    #expect(
      try Python.output(program, folder("a.pth"), folder("b.pth")) == "\(count) 0.5 [1.0, 2.0]")
    let theirs = try WeightFile(reading: folder("b.pth"))
    #expect(theirs.entries.map(\.shape) == [[count], [2]])
    #expect(try theirs.tensor(theirs.entries[1]).elements == [1, 2])
  }
}
