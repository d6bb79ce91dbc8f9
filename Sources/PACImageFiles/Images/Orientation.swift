/// How a camera was held: where the upright picture lies in the stored rows and columns.
///
/// Exif's tag 0x0112 (CIPA DC-008, 4.6.4). JPEG files hold Exif in an APP1 segment, PNG files in a
/// chunk eXIf.
public struct Orientation: Sendable, Equatable {
  /// The value of the tag, 1 to 8; 1 = stored upright.
  public let number: Int

  /// Stored upright.
  public static let upright = Orientation(number: 1)

  private init(number: Int) { self.number = number }

  /// Reads the tag from Exif data, which begin with the header of a TIFF file.
  ///
  /// Data without a value from 1 to 8, or damaged ones, say nothing: the picture is upright.
  init(exif bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    let isLittle = bytes.starts(with: [0x49, 0x49])
    func number(at start: Int, bytes count: Int) -> Int? {
      guard start >= 0, start <= bytes.count - count else { return nil }
      let part = bytes[start..<start + count]
      return (isLittle ? Array(part.reversed()) : Array(part)).reduce(0) { $0 << 8 | Int($1) }
    }
    self = .upright
    guard isLittle || bytes.starts(with: [0x4D, 0x4D]), number(at: 2, bytes: 2) == 42,
      let directory = number(at: 4, bytes: 4), let count = number(at: directory, bytes: 2)
    else { return }
    for entry in 0..<count {
      let start = directory + 2 + 12 * entry
      guard let tag = number(at: start, bytes: 2) else { return }
      guard tag == 0x0112 else { continue }
      // Type 3 is a number of 16 bits, which some programs write as one of 32, type 4.
      let isLong = number(at: start + 2, bytes: 2) == 4
      guard let value = number(at: start + 8, bytes: isLong ? 4 : 2), (1...8).contains(value)
      else { return }
      self.init(number: value)
      return
    }
  }

  /// Whether stored rows are columns of the upright picture.
  public var exchangesAxes: Bool { number >= 5 }

  /// Puts pixels upright.
  /// - Parameters:
  ///   - samples: pixels row by row, each with `channels` samples.
  ///   - width: the stored columns.
  ///   - height: the stored rows.
  ///   - channels: the samples of a pixel.
  /// - Returns: the upright picture, row by row.
  func upright(_ samples: [UInt16], width: Int, height: Int, channels: Int) -> [UInt16] {
    guard number != 1, !samples.isEmpty else { return samples }
    let (right, below) = (width - 1, (height - 1) * width)
    // The stored pixel of the upper left corner, and the ways to the next row and the next column.
    let (corner, down, along) =
      switch number {
      case 2: (right, width, -1)
      case 3: (below + right, -width, -1)
      case 4: (below, -width, 1)
      case 5: (0, 1, width)
      case 6: (below, 1, -width)
      case 7: (below + right, -1, -width)
      default: (right, -1, width)
      }
    let (rows, columns) = exchangesAxes ? (width, height) : (height, width)
    var result: [UInt16] = []
    result.reserveCapacity(samples.count)
    for row in 0..<rows {
      for column in 0..<columns {
        let start = (corner + row * down + column * along) * channels
        result.append(contentsOf: samples[start..<start + channels])
      }
    }
    return result
  }
}
