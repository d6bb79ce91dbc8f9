import Foundation
import PACImageFiles
import PACTestSupport
import Testing

/// Columns of numbers, such as the frames in NYU's `splits.mat`.
@Suite struct MATLABNumbersTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func builder(_ storedType: UInt32) -> MATLABBuilder {
    var builder = MATLABBuilder([])
    builder.matrixClass = 6
    builder.storedType = storedType
    return builder
  }

  @Test(arguments: [4, 5, 9] as [UInt32], [false, true])
  func everyForm(_ storedType: UInt32, bigEndian: Bool) throws {
    for isCompressed in [false, true] {
      var builder = builder(storedType)
      (builder.isBigEndian, builder.isCompressed) = (bigEndian, isCompressed)
      let path = try folder.write(
        builder.data(columns: [("testNdxs", [1, 2]), ("trainNdxs", [3, 1449, 5])]), as: "s.mat")
      #expect(try MATLABFile.readNumbers(path, variable: "testNdxs") == [1, 2])
      #expect(try MATLABFile.readNumbers(path, variable: "trainNdxs") == [3, 1449, 5])
    }
  }

  @Test func faults() throws {
    let path = try folder.write(builder(4).data(columns: [("testNdxs", [1, 2, 3])]), as: "s.mat")
    func fault(_ variable: String) -> String {
      message { try MATLABFile.readNumbers(path, variable: variable) }
        .replacing(path + ": no MATLAB file (version 5) with ", with: "")
    }
    #expect(
      fault("trainNdxs")
        == "trainNdxs (no variable trainNdxs); name the right file, or save it with -v7")
    // Three numbers in the place of four.
    let bytes = try bytes(of: path)
    for at in 128..<bytes.count {
      for wrong: UInt8 in [0, 4, 0x7F, 0xFF] {
        var damaged = bytes
        damaged[at] = wrong
        try folder.write(Data(damaged), as: "s.mat")
        _ = try? MATLABFile.readNumbers(path, variable: "testNdxs")
      }
    }
    try folder.write(MATLABBuilder([("a", 1, 1, [1])]).data(), as: "s.mat")
    #expect(
      fault("GTcls")
        == "GTcls (GTcls is no matrix of numbers); name the right file, or save it with -v7")
  }
}
