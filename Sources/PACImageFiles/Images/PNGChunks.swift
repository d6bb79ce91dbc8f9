import Glibc

extension OpenFile {
  /// The Exif data of a PNG file, which may lie before or behind its pixels; nil without any.
  ///
  /// The place of the stream is kept. Damage ends the search: libpng finds and names it.
  var exifOfPNG: [UInt8]? {
    let place = withStream { ftell($0) }
    defer { withStream { _ = fseek($0, place, SEEK_SET) } }
    let name = Array("eXIf".utf8)
    let (size, mostBytes) = (size, 1 << 20)
    var start = 8
    while start <= size - 12 {
      let head = bytes(at: start, count: 8)
      let length = head.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      guard head.count == 8, length <= size - 12 - start else { return nil }
      if head.suffix(4) == name[...] {
        return length <= mostBytes ? bytes(at: start + 8, count: length) : nil
      }
      start += 12 + length
    }
    return nil
  }
}
