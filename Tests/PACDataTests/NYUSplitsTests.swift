import Foundation
import PACHDF5
import PACTestSupport
import Testing

@testable import PACData

/// The dataset's own split, and lists of frames.
@Suite struct NYUSplitsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func splits(
    _ train: [Double], _ test: [Double], storedType: UInt32 = 4, compressed: Bool = true
  ) throws -> String {
    var builder = MATLABBuilder([])
    (builder.matrixClass, builder.storedType, builder.isCompressed) = (6, storedType, compressed)
    let data = builder.data(columns: [("testNdxs", test), ("trainNdxs", train)])
    return try folder.write(data, as: "splits.mat")
  }

  private func positions(_ options: NYUOptions, count: Int = 8) throws -> [String: [Int]] {
    try NYUSplits(options, source: "nyu.mat", count: count).positions
  }

  private func fault(_ options: NYUOptions) -> String {
    message { _ = try positions(options) }.replacing(folder.path, with: "T")
  }

  @Test(arguments: [4, 9] as [UInt32], [false, true])
  func theDatasetsOwn(_ storedType: UInt32, compressed: Bool) throws {
    let file = try splits(
      [3, 4, 5, 6, 8], [1, 2, 7], storedType: storedType, compressed: compressed)
    #expect(
      try positions(NYUOptions(splits: file)) == ["train": [2, 3, 4, 5, 7], "test": [0, 1, 6]])
  }

  @Test func savedAsHDF5() throws {
    let file = try HDF5File(creating: folder("splits.mat"))
    try file.root.write([1.0, 3], shape: [1, 2], as: "trainNdxs")
    try file.root.write([2.0], shape: [1, 1], as: "testNdxs")
    try file.close()
    #expect(
      try positions(NYUOptions(splits: folder("splits.mat"))) == ["train": [0, 2], "test": [1]])
  }

  @Test func lists() throws {
    let train = try folder.write(Data("# frames\r\n3\r\n4, 5\r\n".utf8), as: "train.txt")
    let test = try folder.write(Data("0001\n".utf8), as: "test.txt")
    #expect(
      try positions(NYUOptions(lists: ["train": train, "test": test]))
        == ["train": [2, 3, 4], "test": [0]])
  }

  @Test func faults() throws {
    for (wrong, shown) in [(0.0, "0.0"), (9, "9.0"), (2.5, "2.5"), (.nan, "nan")] {
      let file = try splits([1, wrong], [2], storedType: 9)
      #expect(
        fault(NYUOptions(splits: file))
          == "T/splits.mat, trainNdxs: no frame \(shown); there are frames 1 to 8")
    }
    #expect(
      fault(NYUOptions(splits: try splits([1, 3, 1], [2])))
        == "T/splits.mat, trainNdxs: frame 1 occurs twice; remove one")
    #expect(
      fault(NYUOptions(splits: try splits([1, 3], [2, 3])))
        == "frame 3 is both in train and in test; remove it from one")
    let list = try folder.write(Data("1\n0\n".utf8), as: "list.txt")
    #expect(
      fault(NYUOptions(lists: ["train": list]))
        == "T/list.txt, line 2: no frame 0; there are frames 1 to 8")
    try folder.write(Data("1\n\n1\n".utf8), as: "list.txt")
    #expect(
      fault(NYUOptions(lists: ["train": list]))
        == "T/list.txt, line 3: frame 1 is listed twice; remove one")
    #expect(
      fault(NYUOptions(splits: list))
        == "T/list.txt: no MATLAB file (version 5) with trainNdxs (shorter than a header); name the "
        + "right file, or save it with -v7")
  }
}
