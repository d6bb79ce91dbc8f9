import Foundation
import PACHDF5
import PACTestSupport
import Testing

@testable import PACData

/// Changed and missing bytes of dataset files: found before they are used.
@Suite struct DatasetSealTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(compression: Int? = nil, samples: Int = 4) throws -> Foundation.Data {
    let path = folder("whole.h5")
    let writer = try DatasetWriter(
      path, fields: Set(SceneField.allCases), maximumHeight: 9, maximumWidth: 7,
      description: DatasetDescription(source: "tests"), compression: compression)
    for index in 0..<samples {
      try writer.append(
        numberedScene(index, height: 9 - index, width: 7, fields: Set(SceneField.allCases)))
    }
    try writer.finish(splits: ["train": Array(0..<samples)])
    return try Foundation.Data(contentsOf: URL(fileURLWithPath: path))
  }

  /// Reads all there is.
  private func readAll(_ bytes: Foundation.Data) throws {
    let path = try folder.write(bytes, as: "changed.h5")
    let reader = try DatasetReader(path)
    for index in 0..<reader.count { _ = try reader.read(index) }
  }

  @Test(arguments: [nil, 4])
  func everyFlippedByteIsFound(_ compression: Int?) throws {
    let whole = try write(compression: compression)
    try readAll(whole)
    let seed = UInt64.random(in: 0...(.max))
    var state = seed
    for _ in 0..<300 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      var bytes = whole
      let place = Int(state >> 33) % bytes.count
      bytes[place] ^= UInt8(1 << (state >> 20 & 7))
      #expect(throws: (any Error).self, "seed \(seed), byte \(place)") { try readAll(bytes) }
    }
  }

  @Test func missingBytesAreFound() throws {
    let whole = try write()
    for count in [1, 10, 80, whole.count / 3, whole.count - 20] {
      #expect(throws: (any Error).self, "\(count) at the end") {
        try readAll(whole.dropLast(count))
      }
      var bytes = whole
      bytes.removeSubrange(whole.count / 2..<min(whole.count, whole.count / 2 + count))
      #expect(throws: (any Error).self, "\(count) in the middle") { try readAll(bytes) }
    }
    #expect(throws: (any Error).self, "one more") { try readAll(whole + [10]) }
  }

  @Test func saysWhatIsDamaged() throws {
    let whole = try write()
    let path = folder("changed.h5")
    func problem(_ bytes: Foundation.Data) -> String {
      message { try readAll(bytes) }.replacing(path, with: "d.h5")
    }
    // Pixel i of sample n has the depth 0.1 · (i + n): this is the second pixel of sample 0.
    let pattern = withUnsafeBytes(of: Float(1) * 0.1) { Foundation.Data($0) }
    let place = try #require(whole.range(of: pattern))
    var bytes = whole
    bytes[place.lowerBound] ^= 1
    let text = problem(bytes)
    #expect(text.hasPrefix("d.h5, depth of szene 0: damaged: the bytes "), "\(text)")
    #expect(text.hasSuffix("; copy or create it again"), "\(text)")
    bytes = whole
    bytes[9] ^= 1
    #expect(problem(bytes).hasPrefix("d.h5: damaged: its structure has the checksum "))
    #expect(
      problem(whole.dropLast(1))
        == "d.h5: damaged: the checksums at its end are missing; copy or create it again")
  }

  /// The copy of a file is the same, any other is not.
  @Test func fingerprints() throws {
    let bytes = try write()
    let first = try DatasetReader(folder("whole.h5")).fingerprint
    let copy = try DatasetReader(folder.write(bytes, as: "copy.h5")).fingerprint
    #expect(copy == first)
    _ = try write(samples: 3)
    let other = try DatasetReader(folder("whole.h5"))
    #expect(other.fingerprint != first && other.hasChecksums)
  }

  @Test(.enabled(if: Python.interpreter != nil, "needs a Python with h5py (PAC_TEST_PYTHON)"))
  func otherProgramsReadIt() throws {
    _ = try write()
    let sum = try Python.output(
      "import h5py, sys; f = h5py.File(sys.argv[1]); print(int(f['image'][...].sum()))",
      folder("whole.h5"))
    let reader = try DatasetReader(folder("whole.h5"))
    let expected = try (0..<reader.count).reduce(0) { sum, index in
      try sum + reader.read(index).image.bytes.reduce(0) { $0 + Int($1) }
    }
    #expect(sum == "\(expected)")
  }
}
