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

  private func file(_ base64: String) throws -> Data {
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
