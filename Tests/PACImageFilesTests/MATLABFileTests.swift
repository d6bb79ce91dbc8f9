import Foundation
import PACImageFiles
import PACTestSupport
import Testing

@Suite struct MATLABFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func builder(rows: Int = 3, columns: Int = 5) -> MATLABBuilder {
    MATLABBuilder([
      ("Boundaries", 2, 2, [9, 9, 9, 9]),
      ("Segmentation", rows, columns, (0..<rows * columns).map { UInt8($0 * 17 % 251) }),
      ("CategoriesPresent", 1, 1, [3]),
    ])
  }

  private func read(_ builder: MATLABBuilder) throws -> MATLABFile.Matrix {
    let path = try folder.write(builder.data(), as: "labels.mat")
    return try MATLABFile.readMatrix(path, variable: "GTcls", field: "Segmentation")
  }

  @Test(arguments: [false, true], [false, true])
  func everyForm(compressed: Bool, bigEndian: Bool) throws {
    for (rows, columns) in [(3, 5), (1, 1), (1, 4), (300, 401)] {
      for storedType: UInt32 in [2, 4] {
        for matrixClass: UInt32 in [9, 6] {
          var builder = builder(rows: rows, columns: columns)
          builder.isCompressed = compressed
          builder.isBigEndian = bigEndian
          builder.storedType = storedType
          builder.matrixClass = matrixClass
          let matrix = try read(builder)
          #expect(matrix.height == rows && matrix.width == columns)
          #expect(matrix.values == builder.fields[1].values)
        }
      }
    }
  }

  @Test func faults() throws {
    let place = folder("labels.mat") + ": no MATLAB file (version 5) with GTcls.Segmentation"
    func fault(_ change: (inout MATLABBuilder) -> Void) -> String {
      var builder = builder()
      change(&builder)
      return message { try read(builder) }.replacingOccurrences(of: place, with: "")
    }
    #expect(fault { $0.variable = "GTinst" } == " (no variable GTcls); replace the file")
    #expect(fault { $0.fields.remove(at: 1) } == " (no field Segmentation); replace the file")
    #expect(
      fault { $0.matrixClass = 5 }
        == " (no matrix of numbers with two dimensions); replace the file")
    #expect(
      fault { $0.storedType = 9 } == " (numbers of type 9, which no label needs); replace the file")
    #expect(
      fault {
        $0.storedType = 1
        $0.fields[1].values = [UInt8](repeating: 100, count: 15)
        $0.fields[1].values[7] = 200
      } == " (a number beyond 0…255 at row 1, column 2); replace the file")
    let path = try folder.write(Data("no MATLAB file".utf8), as: "labels.mat")
    #expect(
      message { try MATLABFile.readMatrix(path, variable: "GTcls", field: "Segmentation") }
        == place + " (shorter than a header); replace the file")
  }

  /// Damaged files are refused or read; nothing else happens.
  @Test func damagedFiles() throws {
    let seed = UInt64.random(in: 0..<1 << 32)
    var random = SplitMix(seed)
    var refused = 0
    for round in 0..<600 {
      var builder = builder(rows: 20, columns: 30)
      builder.isCompressed = round % 2 == 0
      var bytes = [UInt8](builder.data())
      switch round % 3 {
      case 0: bytes.removeLast(Int(random.next() % UInt64(bytes.count)))
      case 1:
        for _ in 0..<4 {
          bytes[Int(random.next() % UInt64(bytes.count))] ^= 1 << UInt8(random.next() % 8)
        }
      default:
        let at = 128 + Int(random.next() % UInt64(min(bytes.count - 132, 400)))
        let other = UInt32(truncatingIfNeeded: random.next())
        let words = [UInt32.max, 0x7FFF_FFFF, 0x1000_0000, other]
        let word = words[Int(random.next() % 4)]
        for i in 0..<4 { bytes[at + i] = UInt8(truncatingIfNeeded: word >> (8 * UInt32(i))) }
      }
      let path = try folder.write(Data(bytes), as: "labels.mat")
      do {
        let matrix = try MATLABFile.readMatrix(path, variable: "GTcls", field: "Segmentation")
        #expect(matrix.values.count == matrix.height * matrix.width, "seed \(seed), round \(round)")
      } catch {
        refused += 1
      }
    }
    #expect(refused > 200, "seed \(seed)")
  }

  /// Files of other programs: two that SciPy wrote, and some of MATLAB where they lie beside the
  /// package.
  static let files =
    ["gtcls", "gtcls_compressed"].map { name in
      let path = packageRoot.appending(path: "Tests/PACDamagedFilesTests/Samples/\(name).mat").path
      return (path, 9, 13, (0..<117).map { UInt8($0 % 21) })
    }
    + [("000001", 375, 500), ("000002", 500, 375), ("000003", 375, 375)].compactMap {
      name, rows, columns in
      sharedData("data/sbd_layout_only/dataset/cls/\(name).mat").map {
        ($0, rows, columns, [UInt8](repeating: 0, count: rows * columns))
      }
    }

  @Test(arguments: files)
  func filesOfOthers(_ path: String, rows: Int, columns: Int, values: [UInt8]) throws {
    let matrix = try MATLABFile.readMatrix(path, variable: "GTcls", field: "Segmentation")
    #expect(matrix.height == rows && matrix.width == columns)
    #expect(matrix.values == values)
  }
}

/// Numbers that a printed seed repeats.
private struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
