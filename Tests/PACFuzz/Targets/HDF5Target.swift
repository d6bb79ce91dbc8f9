import Foundation
import PACData
import PACHDF5

@testable import PACCheckpoints

extension FuzzTarget {
  /// Datasets, checkpoints and MATLAB 7.3, without the checksums of the first two: those would
  /// refuse any change before libhdf5 sees it.
  static let hdf5 = FuzzTarget(
    name: "hdf5",
    read: { input in
      let path = input.path()
      let file = try HDF5File(reading: path)
      // Each reader refuses what the others read.
      refusing { try walk(file.root) }
      refusing {
        let reader = try DatasetReader(path)
        for index in 0..<reader.count { _ = try reader.read(index) }
      }
      refusing { try prepareNYU(from: path, to: "\(path).out") }
      try FileChecksum.append(to: path)
      refusing { _ = try Checkpoint(reading: path) }
    }, seeds: hdf5Seeds, change: changeHDF5)

  private static func refusing(_ body: () throws -> Void) {
    do { try body() } catch { Input.check(error) }
  }

  /// Reads whatever there is.
  private static func walk(_ root: HDF5Group) throws {
    for name in try root.attributeNames() {
      refusing { _ = try root.string(attribute: name) }
      refusing { _ = try root.integer(attribute: name) }
      refusing { _ = try root.double(attribute: name) }
    }
    for path in try root.datasetPaths().prefix(100) {
      refusing {
        let dataset = try root.dataset(path)
        refusing { _ = try dataset.read(Float.self) }
        refusing { _ = try dataset.readStrings() }
      }
    }
  }
}
