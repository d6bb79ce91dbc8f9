import CPACHDF5
import PACFiles

/// The common part of groups and datasets: a path and attributes.
public protocol HDF5Object: Sendable {
  /// The open object.
  var location: HDF5Location { get }
}

extension HDF5Object {
  /// The path inside the file, beginning with `/`.
  public var path: String { location.objectPath }

  /// The path of the file.
  public var filePath: String { location.filePath }

  /// An error about this object, for checks in the code that reads a file.
  public func error(_ problem: String, advice: String? = nil) -> HDF5Error {
    location.error(problem, advice: advice)
  }

  /// The names of the attributes, sorted.
  public func attributeNames() throws -> [String] {
    var names: [String] = []
    try withUnsafeMutablePointer(to: &names) { pointer in
      _ = try location.check(
        "cannot list the attributes",
        H5Aiterate2(
          location.identifier.id, H5_INDEX_NAME, H5_ITER_INC, nil,
          { _, name, _, context in
            guard let name else { return 0 }
            context?.assumingMemoryBound(to: [String].self).pointee.append(String(cString: name))
            return 0
          }, pointer))
    }
    return names.sorted()
  }

  /// Whether an attribute exists.
  public func hasAttribute(_ name: String) -> Bool {
    HDF5Library.silence()
    return H5Aexists(location.identifier.id, name) > 0
  }

  /// Whether an attribute is an integer.
  public func isInteger(attribute name: String) throws -> Bool {
    try withAttribute(name) { _, type, _ in H5Tget_class(type) == H5T_INTEGER }
  }

  /// Reads a string attribute.
  public func string(attribute name: String) throws -> String {
    try withAttribute(name) { attribute, type, space in
      guard HDF5ElementType(identifier: type) == .string else {
        throw wrongType(name, expected: "text", HDF5ElementType(identifier: type))
      }
      let texts = try location.readTexts(type: type, space: space, attribute: name) {
        H5Aread(attribute, type, $0)
      }
      // h5py stores an empty string as an attribute without elements.
      return texts.first ?? ""
    }
  }

  /// Reads an integer attribute.
  public func integer(attribute name: String) throws -> Int {
    try withAttribute(name) { attribute, type, space in
      guard H5Tget_class(type) == H5T_INTEGER else {
        throw wrongType(name, expected: "an integer", HDF5ElementType(identifier: type))
      }
      try requireOneElement(name, space)
      var value = 0
      try location.check(
        "cannot read the attribute \(shown(name))",
        H5Aread(attribute, pac_h5t_native_int64(), &value))
      return value
    }
  }

  /// Reads a numeric attribute.
  public func double(attribute name: String) throws -> Double {
    try withAttribute(name) { attribute, type, space in
      guard HDF5ElementType(identifier: type).isNumber else {
        throw wrongType(name, expected: "a number", HDF5ElementType(identifier: type))
      }
      try requireOneElement(name, space)
      var value = 0.0
      try location.check(
        "cannot read the attribute \(shown(name))",
        H5Aread(attribute, pac_h5t_native_double(), &value))
      return value
    }
  }

  /// Sets a string attribute, replacing one of the same name.
  public func setAttribute(_ name: String, _ value: String) throws {
    let type = try location.makeTextType()
    defer { HDF5Library.release(type) }
    try withCStrings([value]) { try writeAttribute(name, type, $0) }
  }

  /// Sets an integer attribute, replacing one of the same name.
  public func setAttribute(_ name: String, _ value: Int) throws {
    var value = value
    try writeAttribute(name, pac_h5t_native_int64(), &value)
  }

  /// Sets a floating-point attribute, replacing one of the same name.
  public func setAttribute(_ name: String, _ value: Double) throws {
    var value = value
    try writeAttribute(name, pac_h5t_native_double(), &value)
  }

  private func writeAttribute(_ name: String, _ type: hid_t, _ value: UnsafeRawPointer?) throws {
    let problem = "cannot write the attribute \(shown(name))"
    if hasAttribute(name) {
      try location.check(problem, H5Adelete(location.identifier.id, name))
    }
    let space = try location.check(problem, H5Screate(H5S_SCALAR))
    defer { HDF5Library.release(space) }
    let attribute = try location.check(
      problem,
      H5Acreate2(
        location.identifier.id, name, type, space, pac_h5p_default(), pac_h5p_default()))
    defer { HDF5Library.release(attribute) }
    try location.check(problem, H5Awrite(attribute, type, value))
  }

  private func withAttribute<R>(
    _ name: String, _ body: (_ attribute: hid_t, _ type: hid_t, _ space: hid_t) throws -> R
  ) throws -> R {
    guard hasAttribute(name) else {
      throw location.error(
        "has no attribute \(shown(name))", advice: "check that this is the right file")
    }
    let problem = "cannot read the attribute \(shown(name))"
    let attribute = try location.check(
      problem, H5Aopen(location.identifier.id, name, pac_h5p_default()))
    defer { HDF5Library.release(attribute) }
    let type = try location.check(problem, H5Aget_type(attribute))
    defer { HDF5Library.release(type) }
    let space = try location.check(problem, H5Aget_space(attribute))
    defer { HDF5Library.release(space) }
    // Attributes are stored in headers of 64 KiB, but a damaged one may state any number of
    // elements.
    do {
      try location.requireBounded(
        HDF5Location.extents(of: space), elementBytes: H5Tget_size(type), most: 1 << 20)
    } catch {
      throw location.error("the attribute \(shown(name)) is too large; the file is damaged")
    }
    return try body(attribute, type, space)
  }

  private func requireOneElement(_ name: String, _ space: hid_t) throws {
    let shape = HDF5Location.shape(of: space)
    guard H5Sget_simple_extent_type(space) != H5S_NULL, shape.reduce(1, *) == 1 else {
      throw location.error(
        "the attribute \(shown(name)) is not a scalar but has the shape \(shape)")
    }
  }

  private func wrongType(
    _ name: String, expected: String, _ found: HDF5ElementType
  ) -> HDF5Error {
    location.error(
      "the attribute \(shown(name)) is not \(expected) but \(found)",
      advice: "check that this is the right file")
  }
}
