import PACFiles

/// The texts of variable length in a file, as the process that looked at it has read them.
///
/// libhdf5 1.10 keeps such texts in heaps and trusts every size in them: what it reads of a damaged
/// heap, and whether it crashes, depends on the memory beside it. So only the process that looks
/// reads them with the library, and the others take them from it.
struct LookTexts: Sendable, Equatable {
  /// A dataset, or an attribute of an object.
  struct Place: Hashable, Sendable {
    /// Where the object's header is in the file.
    let header: UInt64
    /// The attribute's name; nil for a dataset's elements.
    let attribute: String?
  }

  /// What reading a place gave.
  enum Outcome: Sendable, Equatable {
    case texts([String])
    case refused(HDF5Error)
  }

  private var outcomes: [Place: Outcome] = [:]

  /// What reading a place gave; nil if nobody has read it.
  subscript(place: Place) -> Outcome? {
    get { outcomes[place] }
    set { outcomes[place] = newValue }
  }
}

// MARK: - Between the processes

extension LookTexts {
  /// All of it as bytes.
  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.add(outcomes.count)
    for (place, outcome) in outcomes {
      writer.add(Int(bitPattern: UInt(place.header)))
      writer.add([place.attribute])
      switch outcome {
      case .texts(let texts):
        writer.add(1)
        writer.add(texts)
      case .refused(let error):
        writer.add(0)
        writer.add([error.file, error.problem, error.object, error.cause, error.advice])
      }
    }
    return writer.bytes
  }

  /// The opposite of `bytes`, which a process wrote that a damaged file may have damaged, too.
  /// - Throws: `ForeignFileError` if the bytes do not hold what they state.
  init(_ bytes: [UInt8], file: String) throws {
    var cursor = ByteCursor(bytes, file: file, part: "first look")
    for _ in 0..<(try cursor.count()) {
      let header = UInt64(UInt(bitPattern: try cursor.integer(Int.self)))
      let place = Place(header: header, attribute: try cursor.texts().first ?? nil)
      let isText = try cursor.integer(Int.self) == 1
      let texts = try cursor.texts()
      if isText {
        outcomes[place] = .texts(texts.map { $0 ?? "" })
      } else if texts.count == 5, let file = texts[0], let problem = texts[1] {
        outcomes[place] = .refused(
          HDF5Error(
            file: file, object: texts[2], problem: problem, cause: texts[3], advice: texts[4]))
      }
    }
  }
}

/// Numbers and texts one after the other.
private struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ number: Int) {
    withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
  }

  /// The number of texts; then the length of each, −1 for nil, and its bytes.
  mutating func add(_ texts: [String?]) {
    add(texts.count)
    for text in texts {
      add(text?.utf8.count ?? -1)
      bytes += (text ?? "").utf8
    }
  }
}

extension ByteCursor {
  fileprivate mutating func count() throws -> Int {
    let count = try integer(Int.self)
    guard count >= 0 else { throw damaged("a count of \(count)") }
    return count
  }

  fileprivate mutating func texts() throws -> [String?] {
    var texts: [String?] = []
    for _ in 0..<(try count()) {
      let length = try integer(Int.self)
      texts.append(length < 0 ? nil : try text(length))
    }
    return texts
  }
}
