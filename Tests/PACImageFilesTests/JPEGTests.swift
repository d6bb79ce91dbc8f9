import Foundation
import PACImageFiles
import PACTestSupport
import Testing

@Suite struct JPEGTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  // Three tiny files written by libjpeg-turbo, and what it decodes them to.

  static let grey = """
    /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsL
    EBYQERMUFRUVDA8XGBYUGBIUFRT/wAALCAAFAAYBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAABv/EAB4QAAEBCQAAAAAA
    AAAAAAAAAAEAAgUHCBYiQkNR/9oACAEBAAA/AG8lMEnDSDVukYDoX//Z
    """
  static let greyPixels: [UInt16] = [
    0, 28, 60, 90, 118, 150, 22, 50, 82, 111, 140, 172, 39, 67, 99, 129, 158, 189, 62, 90, 121, 151,
    180, 212, 80, 108, 140, 170, 198, 230,
  ]

  /// Red 40 x, green 50 y, blue 255 − 20 (x + y), at quality 95.
  static let color = """
    /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYG
    CAsICQoKCgoKBggLDAsKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoK
    CgoKCgoKCgoKCgoKCgoKCgoKCgr/wAARCAAFAAYDAREAAhEBAxEB/8QAFAABAAAAAAAAAAAAAAAAAAAABf/EAB4QAAEB
    CQAAAAAAAAAAAAAAAAFhAAIHCAkVJENE/8QAFQEBAQAAAAAAAAAAAAAAAAAABAX/xAAfEQABAwMFAAAAAAAAAAAAAAAB
    AEJhBgcIFRYhIkH/2gAMAwEAAhEDEQA/AF5dKa8BrCcbUOV1FZF+Mkq71odnFxmFGxlvTVe3Ty0emIX/2Q==
    """
  static let colorPixels: [UInt16] = [
    0, 0, 253, 40, 1, 232, 75, 0, 217, 120, 0, 196, 160, 0, 175, 198, 1, 153, 0, 49, 237, 43, 51,
    212, 78, 50, 197, 122, 50, 176, 161, 50, 155, 200, 51, 133, 0, 99, 216, 41, 100, 192, 76, 99,
    175, 120, 99, 155, 160, 99, 133, 198, 100, 113, 0, 150, 197, 42, 151, 174, 77, 150, 157, 122,
    150, 136, 160, 150, 115, 200, 151, 95, 0, 200, 174, 41, 202, 152, 76, 200, 137, 121, 201, 116,
    161, 200, 94, 199, 202, 73,
  ]

  static let cmyk = """
    /9j/7gAOQWRvYmUAZAAAAAAA/9sAQwAQCwwODAoQDg0OEhEQExgoGhgWFhgxIyUdKDozPTw5Mzg3QEhcTkBEV0U3OFBt
    UVdfYmdoZz5NcXlwZHhcZWdj/8AAFAgABQAGBEMRAE0RAFkRAEsRAP/EABYAAQEBAAAAAAAAAAAAAAAAAAMCB//EAB4Q
    AAECBwEAAAAAAAAAAAAAAAAFUQMGExY0gYKh/9oADgRDAE0AWQBLAAA/AJkvC5FtFPbwVaUo1bbmgH//2Q==
    """

  func file(_ base64: String) throws -> Data {
    try #require(Data(base64Encoded: base64, options: .ignoreUnknownCharacters))
  }

  @Test(arguments: [1, 3])
  func reads(_ channels: Int) throws {
    let pixels = channels == 1 ? Self.greyPixels : Self.colorPixels
    let path = try folder.write(file(channels == 1 ? Self.grey : Self.color), as: "image.jpg")
    let image = try Raster(contentsOf: path)
    let header = Raster.Header(width: 6, height: 5, channels: channels, bitDepth: 8)
    #expect(image.header == header)
    #expect(try Raster.header(of: path) == header)
    // Decoders may differ by one level.
    #expect(zip(image.samples, pixels).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
  }

  @Test func refusesPrintColors() throws {
    let path = try folder.write(file(Self.cmyk), as: "print.jpg")
    #expect(
      message { _ = try Raster(contentsOf: path) }
        == "\(path): the colours are CMYK or unknown, neither grey nor RGB; convert the image to "
        + "RGB"
    )
  }

  @Test func everyCutIsAnError() throws {
    let whole = try file(Self.color)
    // Without the end marker, the last two bytes, the picture is whole, but the file is not.
    for length in 3..<whole.count {
      let path = try folder.write(whole.prefix(length), as: "cut.jpg")
      let text = message { _ = try Raster(contentsOf: path) }
      #expect(text.hasPrefix("\(path): the image is truncated or damaged ("), "\(length): \(text)")
      #expect(!text.contains("\n"))
    }
  }

  /// A photograph of the repository's samples, and where its pixels begin and end.
  private func photograph() throws -> (whole: [UInt8], pixels: Range<Int>) {
    let whole = try bytes(of: reference("Samples/metres/1000.jpg"))
    var start = 2
    while whole[start + 1] != 0xDA {
      start += 2 + Int(whole[start + 2]) << 8 + Int(whole[start + 3])
    }
    return (whole, start + 2 + Int(whole[start + 3])..<whole.count - 2)
  }

  /// Two bytes before the end, which some programs write, leave the picture as it is.
  @Test func strayBytes() throws {
    let (whole, pixels) = try photograph()
    let picture = try Raster(decoding: whole, name: "whole")
    let padded = Array(whole[..<pixels.upperBound]) + [0x12, 0x34, 0xFF, 0xD9]
    #expect(try Raster(decoding: padded, name: "padded") == picture)
    // Between the segments before the pixels any number does.
    let second = 4 + Int(whole[4]) << 8 + Int(whole[5])
    let spread = whole[..<second] + [UInt8](repeating: 7, count: 90) + whole[second...]
    #expect(try Raster(decoding: Array(spread), name: "spread") == picture)
    let many = Array(whole[..<pixels.upperBound]) + [UInt8](repeating: 7, count: 40) + [0xFF, 0xD9]
    let text = message { _ = try Raster(decoding: many, name: "many.jpg") }
    #expect(
      text.hasPrefix("many.jpg: the image is truncated or damaged (Corrupt JPEG data: ")
        && text.hasSuffix(" extraneous bytes before marker 0xd9); replace the file"), "\(text)")
  }

  /// What libjpeg notices of a changed byte is an error that names the file; the rest it cannot see.
  @Test func changedPixelsAreNamed() throws {
    let (whole, pixels) = try photograph()
    var random = SeededGenerator(seed: 5)
    var refused = 0
    for _ in 0..<100 {
      var damaged = whole
      let place = Int.random(in: pixels, using: &random)
      damaged[place] ^= UInt8.random(in: 1...255, using: &random)
      let text = message { _ = try Raster(decoding: damaged, name: "damaged.jpg") }
      guard text != "no error" else { continue }
      refused += 1
      #expect(text.hasPrefix("damaged.jpg: the image is truncated or damaged ("), "\(text)")
    }
    #expect(refused >= 25, "\(refused)")
  }

  @Test func damagedBytesNeverCrash() throws {
    let whole = try file(Self.color)
    for position in 3..<whole.count {
      for mask: UInt8 in [0x01, 0x55, 0xFF] {
        var damaged = whole
        damaged[position] ^= mask
        let path = try folder.write(damaged, as: "damaged.jpg")
        let text = message { _ = try Raster(contentsOf: path) }
        #expect(text == "no error" || text.hasPrefix("\(path): "), "\(position): \(text)")
      }
    }
  }
}
