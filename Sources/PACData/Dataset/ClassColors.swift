import PACImageFiles

/// Colours of class numbers.
public enum ClassColors {
  /// Pascal VOC's colours of 256 class numbers, the default for a dataset that names none.
  ///
  /// Bits 0, 3 and 6 of the number make the high bits of red, 1, 4 and 7 those of green, 2 and 5
  /// those of blue.
  public static let standard: [PNG.Color] = (0..<256).map { number in
    func part(_ first: Int) -> UInt8 {
      (0..<8).reduce(UInt8(0)) { part, bit in
        let position = first + 3 * bit
        return position < 8 && number >> position & 1 == 1 ? part | 0x80 >> UInt8(bit) : part
      }
    }
    return PNG.Color(part(0), part(1), part(2))
  }
}

/// Where an evaluation server expects predicted classes; `{split}` stands for the name of the
/// split.
public struct SubmissionLayout: Sendable, Equatable {
  /// The folder of the PNG files, within the archive.
  public var folder: String
  /// The name of the archive, a `.tgz`.
  public var archive: String

  /// Describes a layout.
  public init(folder: String, archive: String) {
    self.folder = folder
    self.archive = archive
  }

  /// The layout with `{split}` replaced by the name of a split.
  public func filled(split: String) -> SubmissionLayout {
    func fill(_ text: String) -> String {
      text.split(separator: "{split}", omittingEmptySubsequences: false).joined(separator: split)
    }
    return SubmissionLayout(folder: fill(folder), archive: fill(archive))
  }

  /// Whether both stay below the folder that predictions are written to: a file can say anything.
  var staysInside: Bool {
    let parts = folder.split(separator: "/", omittingEmptySubsequences: false)
    let names = parts.map(String.init) + [archive]
    return names.allSatisfy {
      !["", ".", ".."].contains($0) && !$0.contains { "/\0".contains($0) }
    }
  }
}
