import Foundation
import PACHDF5
import PACTestSupport
import Testing

@Suite struct HDF5InteroperabilityTests {
  @Test(
    .enabled(if: sharedData("golden") != nil, "expected values beside the package"),
    arguments: [
      ("layers.h5", "pacconv2d_000"), ("crf.h5", "paccrf_000"), ("models.h5", "Bilinear_x16_c1"),
      ("segmentation.h5", "fcn8s_37x61"), ("transforms.h5", "confusion"),
      ("trajectories.h5", "Adam"),
    ])
  func walksCaseFiles(_ name: String, _ firstCase: String) throws {
    let file = try HDF5File(reading: "\(sharedData("golden") ?? "")/\(name)")
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

  @Test(.enabled(if: Python.interpreter != nil, "a Python with h5py"))
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

  @Test(.enabled(if: Python.interpreter != nil, "a Python with h5py"))
  func readsWhatPythonWrites() throws {
    let folder = try TemporaryFolder()
    let program = """
      import h5py, numpy as np, sys
      f = h5py.File(sys.argv[1], 'w')
      f.attrs['variable'] = 'größer'
      f.attrs['fixed'] = np.bytes_('fixed')
      f.attrs['empty'] = ''
      f.attrs['float64'] = np.float64(0.1)
      f.attrs['int64'] = np.int64(-3)
      f.attrs['uint8'] = np.uint8(200)
      f.attrs['list'] = [1, 2]
      f['fixed'] = np.array([b'ab', b'abcd'])
      f['variable'] = ['a', 'größer']
      f['scalar'] = 2.5
      f['big'] = np.array([1.5, -2], dtype='>f4')
      f['half'] = np.array([0.5, 2], dtype='f2')
      f['bool'] = np.array([True, False])
      """
    _ = try Python.output(program, folder("theirs.h5"))
    let root = try HDF5File(reading: folder("theirs.h5")).root
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
