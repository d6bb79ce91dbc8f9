import Foundation
import PACTestSupport
import PACWeightFiles
import Testing

@Suite struct SafetensorsTests {
  private let folder: TemporaryFolder
  private let path: String
  private static let damaged = "; the file is damaged or truncated: copy or download it again"

  init() throws {
    folder = try TemporaryFolder()
    path = folder("a.safetensors")
  }

  private func read(_ header: String, body: Int, length: UInt64? = nil) throws -> WeightFile {
    let count = length ?? UInt64(header.utf8.count)
    let data = withUnsafeBytes(of: count.littleEndian) { Data($0) } + Data(header.utf8)
    return try WeightFile(
      reading: folder.write(data + Data(repeating: 0x3F, count: body), as: "a.safetensors"))
  }

  private func text(_ header: String, body: Int, length: UInt64? = nil) -> String {
    message { try read(header, body: body, length: length) }
  }

  private func tensor(_ name: String, _ shape: String, _ offsets: String, _ type: String = "F32")
    -> String
  {
    #""\#(name)":{"dtype":"\#(type)","shape":[\#(shape)],"data_offsets":[\#(offsets)]}"#
  }

  @Test func ordersAndSpaces() throws {
    let header =
      " { \n" + tensor("b", " 2 , 1 ", "4, 12") + " ,\t" + tensor("a", "", "0,4")
      + #" , "__metadata__" : { "k\u00e9\ud83d\ude42\/" : "\"v\\" } }   "#
    // The opening bracket must be the first byte.
    #expect(text(header, body: 12).hasPrefix("\(path): not a weight file; "))
    let file = try read(String(header.dropFirst()), body: 12)
    #expect(file.entries.map(\.name) == ["a", "b"])
    #expect(file.entries.map(\.shape) == [[], [2, 1]])
    #expect(file.metadata == ["ké🙂/": "\"v\\"])
    #expect(
      try file.tensor(file.entries[1]).elements.map(\.bitPattern) == [0x3F3F_3F3F, 0x3F3F_3F3F])
  }

  /// A header of 128 bytes begins like a pickle, with 0x80.
  @Test func headersThatBeginLikeAPickle() throws {
    let header = "{\(tensor("a", "1", "0,4"))}"
    let padded = header + String(repeating: " ", count: 128 - header.utf8.count)
    #expect(try read(padded, body: 4).entries.map(\.name) == ["a"])
  }

  @Test func sizesThatDoNotFit() {
    func expect(_ header: String, body: Int, _ problem: String) {
      #expect(text(header, body: body) == "\(path)\(problem)\(Self.damaged)")
    }
    let (a, b) = (tensor("a", "2", "0,8"), tensor("b", "1", "8,12"))
    expect("{\(a),\(b)}", body: 11, ": holds 11 bytes of elements where 12 are expected")
    expect("{\(a),\(b)}", body: 13, ": holds 13 bytes of elements where 12 are expected")
    expect("{\(b)}", body: 12, ", b: follows a gap")
    expect("{\(a),\(tensor("b", "2", "4,12"))}", body: 12, ", b: overlaps another")
    expect("{\(tensor("a", "3", "0,8"))}", body: 8, ", a: of shape [3] does not fit into 0..<8")
    expect("{\(tensor("a", "2", "8,0"))}", body: 8, ", a: of shape [2] does not fit into 8..<0")
    expect(
      "{\(tensor("a", "9223372036854775807,4", "0,8"))}", body: 8,
      ", a: states a size that no file has")
    expect("{\(a),\(a)}", body: 8, ", header, byte 58: holds a twice")
    #expect(
      text("{}", body: 0, length: 3)
        == "\(path), length of the header, byte 0: a header of 3 bytes in a file of "
        + "10\(Self.damaged)"
    )
    #expect(text("{}", body: 0, length: .max).contains("a header of 18446744073709551615 bytes"))
  }

  @Test func headersThatAreNone() {
    let (head, tail) = (#"{"a":{"dtype":"F32","shape":"#, #","data_offsets":[0,4]}}"#)
    for header in [
      "{", "{\"a\"", "{\"a\":", "{\"a\":{}}", "{\"a\":1}", "{]", "{\"a\":{\"dtype\":\"F32\"}}",
      "{\"\\u12\":{}}", "{\"\\x\":{}}", "{\"\\ud800\":{}}", "{\"\u{1}\":{}}", "{}x",
      head + "[-1]" + tail, head + "[1.0]" + tail, head + "[1e3]" + tail, head + "[]]" + tail,
      head + "[99999999999999999999]" + tail, head + "[1,]" + tail,
      #"{"a":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}}"#,
      #"{"__metadata__":{"a":1}}"#, #"{"__metadata__":[]}"#,
    ] {
      let text = text(header, body: 4)
      #expect(text.hasPrefix("\(path), header, byte "), "\(header): \(text)")
      #expect(text.hasSuffix(Self.damaged), "\(header): \(text)")
    }
    #expect(
      text("{\(tensor("a", "4", "0,4", "F8_E4M3"))}", body: 4)
        == "\(path), a: is of type F8_E4M3; store it as F32, F16, BF16 or F64")
  }
}
