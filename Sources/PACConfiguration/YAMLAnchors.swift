/// The number of the first line with a YAML anchor, `&name`; nil if there is none.
///
/// Anchors cannot be found without reading all of YAML's grammar, so a little more is taken for one.
/// Comments and values in double quotes are not, as long as no quoted text can have begun earlier.
func firstLineWithAnchor(_ yaml: String) -> Int? {
  let separators = Array(" \t\r[{,".utf8)
  let quotes = Array("\"'".utf8)
  var mayBeQuoted = false
  for (number, line) in yaml.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
    .enumerated()
  {
    if !mayBeQuoted, isComment(line) || isQuotedValue(line) { continue }
    var previous: UInt8?
    for (byte, next) in zip(line, line.dropFirst()) {
      let isFirst = previous.map { separators.contains($0) } ?? true
      if byte == UInt8(ascii: "&"), isFirst, !separators.contains(next) { return number + 1 }
      previous = byte
    }
    mayBeQuoted = mayBeQuoted || line.contains { quotes.contains($0) }
  }
  return nil
}

private func isComment(_ line: Substring.UTF8View) -> Bool {
  line.first { $0 != 0x20 && $0 != 0x09 } == UInt8(ascii: "#")
}

/// Whether a line is `key: "value"`, complete, perhaps with a comment.
private func isQuotedValue(_ line: Substring.UTF8View) -> Bool {
  let key = line.prefix { $0 != UInt8(ascii: "\"") }
  guard key.count < line.count, key.suffix(2).elementsEqual(": ".utf8),
    !key.contains(where: { "'&#[]{},".utf8.contains($0) })
  else { return false }
  var rest = line.dropFirst(key.count + 1)
  while let byte = rest.popFirst() {
    if byte == UInt8(ascii: "\\") {
      _ = rest.popFirst()
    } else if byte == UInt8(ascii: "\"") {
      let end = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
      return end.isEmpty || end.first == UInt8(ascii: "#") && end.count < rest.count
    }
  }
  return false
}
