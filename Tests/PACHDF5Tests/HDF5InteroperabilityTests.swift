import Foundation
import PACHDF5
import PACTestSupport
import Testing

@Suite struct HDF5InteroperabilityTests {
  /// Files that h5py wrote, by their first case: the repository's own, compressed in the format of
  /// HDF5 1.10, and where there are others beside the package those, which are in the oldest
  /// format.
  static let caseFiles =
    [
      ("layers", "pacconv2d_00_gaussian"), ("crf", "paccrf_2d"), ("models", "Bilinear_x16_c1"),
      ("segmentation", "fcn8s_13x18"), ("transforms", "confusion"), ("trajectories", "Adam"),
    ].map { (reference("Cases/\($0).h5"), $1) }
    + [
      ("layers", "pacconv2d_000"), ("crf", "paccrf_000"), ("models", "Bilinear_x16_c1"),
      ("segmentation", "fcn8s_37x61"), ("transforms", "confusion"), ("trajectories", "Adam"),
    ].compactMap { name, first in sharedData("golden/\(name).h5").map { ($0, first) } }

  @Test(arguments: caseFiles)
  func walksCaseFiles(_ path: String, _ firstCase: String) throws {
    let file = try HDF5File(reading: path)
    #expect(try file.root.string(attribute: "format") == "pac-cases")
    #expect(try file.root.integer(attribute: "version") == 1)
    #expect(try file.root.names().first == firstCase)
    for name in try file.root.names() {
      let group = try file.root.group(name)
      #expect(try !group.string(attribute: "op").isEmpty)
      #expect(try group.string(attribute: "config").hasPrefix("{"))
      #expect(try group.double(attribute: "rtol") > 0)
      for path in try group.datasetPaths() {
        let dataset = try group.dataset(path)
        let values = try dataset.read(Float.self)
        #expect(values.count == dataset.count, "\(name)/\(path)")
        #expect(values.allSatisfy { $0.isFinite }, "\(name)/\(path)")
      }
    }
  }

  @Test(.enabled(if: Python.interpreter != nil, "needs a Python with h5py (PAC_TEST_PYTHON)"))
  func pythonReadsOurs() throws {
    let folder = try TemporaryFolder()
    let file = try HDF5File(creating: folder("ours.h5"))
    try file.root.setAttribute("text", "größer")
    try file.root.setAttribute("whole", -7)
    try file.root.setAttribute("number", 0.25)
    try file.root.write([Float(1), 2, 3, 4, 5, 6], shape: [2, 3], as: "a/values", compression: 6)
    try file.root.write(["eins", "größer"], as: "names")
    try file.close()
    let program = """
      import h5py, sys
      f = h5py.File(sys.argv[1])
      print(f.attrs['text'], f.attrs['whole'], f.attrs['number'], f['a/values'][()].tolist(),
            f['a/values'].dtype, f['a/values'].compression, f['names'].asstr()[()].tolist())
      """
    let text = try Python.output(program, folder("ours.h5"))
    #expect(
      text
        == "größer -7 0.25 [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]] float32 gzip ['eins', 'größer']")
  }

  /// `Tests/Reference/make_hdf5_file.py` wrote the file.
  @Test func readsWhatPythonWrote() throws {
    let root = try HDF5File(reading: reference("Samples/h5py.h5")).root
    #expect(try root.string(attribute: "variable") == "größer")
    #expect(try root.string(attribute: "fixed") == "fixed")
    #expect(try root.string(attribute: "empty") == "")
    #expect(try root.double(attribute: "float64") == 0.1)
    #expect(try root.integer(attribute: "int64") == -3)
    #expect(try root.integer(attribute: "uint8") == 200)
    #expect(throws: HDF5Error.self) { try root.integer(attribute: "list") }
    #expect(try root.dataset("fixed").readStrings() == ["ab", "abcd"])
    #expect(try root.dataset("variable").readStrings() == ["a", "größer"])
    #expect(try root.dataset("scalar").read(Float.self) == [2.5])
    #expect(try root.dataset("big").read(Float.self) == [1.5, -2])
    #expect(try root.dataset("half").read(Float.self) == [0.5, 2])
    #expect(try root.dataset("half").elementType == .other("16-bit float"))
    #expect(try root.dataset("bool").elementType == .other("enumeration"))
  }
}
