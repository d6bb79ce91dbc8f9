import Foundation
import PACHDF5
import PACTestSupport
import Testing

@Suite struct HDF5DatasetTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func reopened(_ write: (HDF5Group) throws -> Void) throws -> HDF5Group {
    let path = folder("\(UUID().uuidString).h5")
    let file = try HDF5File(creating: path)
    try write(file.root)
    try file.close()
    return try HDF5File(reading: path).root
  }

  private func roundTrip<T: HDF5Element & Equatable>(_ values: [T]) throws {
    let root = try reopened { root in
      try root.write(values, shape: [values.count], as: "deep/er/values")
    }
    let dataset = try root.dataset("deep/er/values")
    #expect(dataset.elementType == T.hdf5Type)
    #expect(dataset.shape == [values.count])
    #expect(dataset.path == "/deep/er/values")
    #expect(try dataset.read(T.self) == values)
  }

  @Test func everyNumberType() throws {
    try roundTrip([Int8.min, -1, 0, .max])
    try roundTrip([UInt8.min, 1, .max])
    try roundTrip([Int16.min, -1, 0, .max])
    try roundTrip([UInt16.min, 1, .max])
    try roundTrip([Int32.min, -1, 0, .max])
    try roundTrip([UInt32.min, 1, .max])
    try roundTrip([Int64.min, -1, 0, .max])
    try roundTrip([UInt64.min, 1, .max])
    try roundTrip([Int.min, -1, 0, .max])
    try roundTrip([Float.pi, -.infinity, .leastNonzeroMagnitude])
    try roundTrip([Double.pi, -.infinity, .leastNonzeroMagnitude])
    try roundTrip([Float]())
  }

  @Test func numbersAreConverted() throws {
    let root = try reopened { root in
      try root.write([UInt8(3), 200], shape: [2], as: "bytes")
      try root.write([1.5, -2.25], shape: [2], as: "doubles")
    }
    #expect(try root.dataset("bytes").read(Float.self) == [3, 200])
    #expect(try root.dataset("doubles").read(Float.self) == [1.5, -2.25])
    #expect(try root.dataset("bytes").read(Int.self) == [3, 200])
  }

  @Test func scalar() throws {
    let root = try reopened { try $0.write([42.5], shape: [], as: "value") }
    #expect(try root.dataset("value").shape == [])
    #expect(try root.dataset("value").read(Double.self) == [42.5])
  }

  @Test(arguments: [nil, 0, 6])
  func blocks(_ compression: Int?) throws {
    let values = (0..<60).map(Int32.init)
    let root = try reopened {
      let dataset = try $0.createDataset(
        "grid", .int32, shape: [0, 4, 5], maximumShape: [nil, 4, 5], chunk: [1, 4, 5],
        compression: compression)
      for plane in 0..<3 {
        try dataset.resize(to: [plane + 1, 4, 5])
        let part = Array(values[plane * 20..<(plane + 1) * 20])
        try dataset.write(part, start: [plane, 0, 0], count: [1, 4, 5])
      }
    }
    let grid = try root.dataset("grid")
    #expect(grid.chunk == [1, 4, 5])
    #expect(try grid.read(Int32.self) == values)
    let block = try grid.read(Int32.self, start: [1, 1, 2], count: [2, 2, 3])
    #expect(block == [27, 28, 29, 32, 33, 34, 47, 48, 49, 52, 53, 54])
    #expect(try grid.read(Int32.self, start: [0, 0, 0], count: [0, 4, 5]) == [])
    var buffer = [Float](repeating: -1, count: 5)
    try buffer.withUnsafeMutableBufferPointer {
      try grid.read(into: $0, start: [2, 3, 0], count: [1, 1, 5])
    }
    #expect(buffer == [55, 56, 57, 58, 59])
  }

  @Test func texts() throws {
    let texts = ["", "plain", "größer 深度", "with\nline"]
    let root = try reopened { root in
      try root.write(texts, as: "names")
      let growing = try root.createDataset(
        "growing", .string, shape: [0], maximumShape: [nil], chunk: [16])
      try growing.resize(to: [2])
      try growing.writeStrings(["", "b"])
      try root.write([String](), as: "none")
    }
    #expect(try root.dataset("names").readStrings() == texts)
    #expect(try root.dataset("growing").readStrings() == ["", "b"])
    #expect(try root.dataset("none").readStrings() == [])
  }

  @Test func attributes() throws {
    let root = try reopened { root in
      let group = try root.createGroup("group")
      try group.setAttribute("text", "深度")
      try group.setAttribute("text", "replaced")
      try group.setAttribute("whole", -7)
      try group.setAttribute("number", 0.1)
      try root.write([1], shape: [1], as: "values").setAttribute("unit", "metre")
    }
    let group = try root.group("group")
    #expect(try group.attributeNames() == ["number", "text", "whole"])
    #expect(try group.string(attribute: "text") == "replaced")
    #expect(try group.integer(attribute: "whole") == -7)
    #expect(try group.double(attribute: "number") == 0.1)
    #expect(try group.double(attribute: "whole") == -7)
    #expect(try root.dataset("values").string(attribute: "unit") == "metre")
    #expect(!group.hasAttribute("none"))
  }

  @Test func errorsNameTheirPlace() throws {
    let root = try reopened { root in
      try root.createGroup("group").setAttribute("text", "word")
      try root.group("group").setAttribute("te\u{8}xt\n", "word")
      try root.write(["a"], as: "group/names")
      try root.write([1, 2], shape: [2], as: "values")
    }
    let file = root.filePath
    func expect(_ text: String, _ body: () throws -> Void) {
      do {
        try body()
        Issue.record("no error, expected: \(text)")
      } catch {
        #expect("\(error)" == text)
      }
    }
    let right = "check that this is the right file"
    expect("\(file), /depth: not found; \(right)") { _ = try root.dataset("depth") }
    expect("\(file), /group/a/b: not found; \(right)") { _ = try root.dataset("group/a/b") }
    expect("\(file), /group: is not a dataset") { _ = try root.dataset("group") }
    expect("\(file), /values: is not a group") { _ = try root.group("values") }
    expect("\(file): has no attribute format; \(right)") {
      _ = try root.string(attribute: "format")
    }
    expect("\(file), /group: the attribute text is not an integer but string; \(right)") {
      _ = try root.group("group").integer(attribute: "text")
    }
    expect(
      "\(file), /group: the attribute te\u{FFFD}xt\u{FFFD} is not a number but string; \(right)"
    ) {
      _ = try root.group("group").double(attribute: "te\u{8}xt\n")
    }
    expect("\(file), /group/names: expected numbers, found string; \(right)") {
      _ = try root.dataset("group/names").read(Float.self)
    }
    expect("\(file), /values: expected text, found int64; \(right)") {
      _ = try root.dataset("values").readStrings()
    }
    expect("\(file), /values: the block [2] at [1] lies outside the shape [2]") {
      _ = try root.dataset("values").read(Int.self, start: [1], count: [2])
    }
  }

  @Test func listsMembers() throws {
    let root = try reopened { root in
      try root.write([1], shape: [1], as: "b/y")
      try root.write([1], shape: [1], as: "b/x/deep")
      try root.write([1], shape: [1], as: "a")
    }
    #expect(try root.names() == ["a", "b"])
    #expect(try root.datasetPaths() == ["a", "b/x/deep", "b/y"])
    #expect(try root.group("b").datasetPaths() == ["x/deep", "y"])
    #expect(root.contains("b/x/deep"))
    #expect(root.contains("/b/x"))
    #expect(!root.contains("b/z/deep"))
    #expect(try root.member("b") == .group)
    #expect(try root.member("b/y") == .dataset)
  }
}
