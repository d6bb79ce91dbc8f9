import Foundation
import PACImageFiles
import PACTestSupport
import Testing

@testable import PACData

/// Label files of every kind of PNG: numbers as they are stored, colours by the classes' colours.
@Suite struct LabelFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private let colors = ClassColors.standard

  private func parts(_ color: PNG.Color) -> [UInt8] { [color.red, color.green, color.blue] }

  private func read(
    _ builder: PNGBuilder, _ classes: LabelClasses = .pascalVOC
  ) throws -> LabelFile {
    let path = try folder.write(builder.data(), as: "labels.png")
    return try LabelFile(path, classes: classes)
  }

  private func problem(_ builder: PNGBuilder, _ classes: LabelClasses = .pascalVOC) -> String {
    message { try read(builder, classes) }.replacing(folder.path, with: "T")
  }

  /// Every kind of grey, with and without alpha, interlaced or not.
  @Test(
    arguments: [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (4, 8), (4, 16)] as [(UInt8, Int)],
    [false, true])
  func greyIsTheNumber(_ kind: (type: UInt8, bits: Int), isInterlaced: Bool) throws {
    let most = min(20, 1 << kind.bits - 1)
    func number(_ y: Int, _ x: Int) -> Int {
      kind.bits >= 8 && (y, x) == (2, 3) ? 255 : (5 * y + x) % (most + 1)
    }
    let builder = PNGBuilder(
      width: 11, height: 7, bitDepth: kind.bits, colorType: kind.type, isInterlaced: isInterlaced,
      pixel: { [number($0, $1)] + (kind.type == 4 ? [1 << kind.bits - 1] : []) })
    let file = try read(builder)
    let expected = (0..<7).flatMap { y in (0..<11).map { x in UInt8(number(y, x)) } }
    #expect(file.labels.bytes == expected)
    #expect(!file.isMatchedByColor)
    // What the dataset keeps holds the same numbers for programs that scale grey to 8 bits.
    let isKept = kind == (0, 8)
    #expect((file.bytes == Array(builder.data())) == isKept)
    let kept = try Raster(decoding: file.bytes, name: "kept", palette: .indices)
    #expect(kept.samples == expected.map { UInt16($0) })
    #expect(kept.palette.isEmpty == isKept)
  }

  @Test(arguments: [1, 2, 4, 8], [false, true])
  func paletteInItsOrder(_ bits: Int, isInterlaced: Bool) throws {
    let count = min(21, 1 << bits)
    let builder = PNGBuilder(
      width: 9, height: 4, bitDepth: bits, colorType: 3, isInterlaced: isInterlaced,
      palette: colors.prefix(count).map(parts), pixel: { [(9 * $0 + $1) % count] })
    let file = try read(builder)
    #expect(file.labels.bytes == (0..<36).map { UInt8($0 % count) })
    #expect(file.bytes == Array(builder.data()) && !file.isMatchedByColor)
  }

  /// Programs sort palettes by frequency, among others, and drop unused colours.
  @Test(arguments: [2, 4, 8])
  func paletteInAnotherOrder(_ bits: Int) throws {
    let classes: [UInt8] = [15, 0, 255, 7]
    let builder = PNGBuilder(
      width: 4, height: 3, bitDepth: bits, colorType: 3,
      palette: classes.map { parts(colors[Int($0)]) }, pixel: { [($0 + $1) % 4] })
    let file = try read(builder)
    let expected = (0..<3).flatMap { y in (0..<4).map { classes[(y + $0) % 4] } }
    #expect(file.labels.bytes == expected)
    #expect(file.isMatchedByColor)
    let kept = try Raster(decoding: file.bytes, name: "kept", palette: .indices)
    #expect(kept.samples == expected.map { UInt16($0) } && kept.palette == colors)
  }

  @Test func colorsOfRGB() throws {
    let classes: [UInt8] = [0, 20, 255, 1]
    func builder(_ last: PNG.Color) -> PNGBuilder {
      PNGBuilder(
        width: 4, height: 2, bitDepth: 8, colorType: 2,
        pixel: { y, x in
          parts((y, x) == (1, 3) ? last : colors[Int(classes[x])]).map { Int($0) }
        })
    }
    let file = try read(builder(colors[1]))
    #expect(file.labels.bytes == classes + classes && file.isMatchedByColor)
    #expect(
      problem(builder(PNG.Color(128, 0, 1)))
        == "T/labels.png: the colour (128, 0, 1) at row 1, column 3 is that of no class; use the "
        + "colours of the classes, or store class numbers as grey values")
    let deep = PNGBuilder(
      width: 1, height: 1, bitDepth: 16, colorType: 2, pixel: { _, _ in [0, 0, 0] })
    #expect(
      problem(deep)
        == "T/labels.png: labels in RGB of 16 bits, not 8; store class numbers as grey values or "
        + "with a palette")
    let plain = LabelClasses(count: 3, stated: [:])
    #expect(
      problem(builder(colors[1]), plain)
        == "T/labels.png: labels in RGB of 8 bits, but the classes have no colours; store class "
        + "numbers as grey values or with a palette, or give every class its colour")
  }

  /// Levels of grey, the standard colours and those of nobody stand for their indices where the
  /// classes have no colours of their own; where they have, strange colours are refused.
  @Test func palettesThatStandForNumbers() throws {
    func builder(_ palette: [[UInt8]]) -> PNGBuilder {
      PNGBuilder(
        width: 3, height: 1, bitDepth: 8, colorType: 3, palette: palette, pixel: { [$1] })
    }
    let grey = builder((0..<3).map { [$0, $0, $0] })
    let standard = builder(colors.prefix(3).map(parts))
    let strange = builder([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    let plain = LabelClasses(count: 3, stated: [:])
    let road = LabelClasses(count: 3, stated: [0: PNG.Color(9, 9, 9), 1: PNG.Color(8, 8, 8)])
    for (file, classes) in [
      (grey, LabelClasses.pascalVOC), (grey, plain), (grey, road), (standard, plain),
      (standard, road), (strange, plain),
    ] {
      #expect(try read(file, classes).labels.bytes == [0, 1, 2])
    }
    for classes in [LabelClasses.pascalVOC, road] {
      #expect(
        problem(strange, classes).hasPrefix(
          "T/labels.png: the colour (1, 2, 3) at row 0, column 0 is that of no class; "))
    }
    let exchanged = builder([[8, 8, 8], [9, 9, 9], [8, 8, 8]])
    #expect(try read(exchanged, road).labels.bytes == [1, 0, 1])
    let cut = builder([[128, 0, 0], [0, 0, 0]])
    #expect(
      problem(cut)
        == "T/labels.png: a pixel has the colour 2 of a palette of 2; save it again")
  }

  @Test(arguments: [8, 16])
  func numbersBeyondTheClasses(_ bits: Int) throws {
    let number = bits == 8 ? 21 : 65535
    let builder = PNGBuilder(
      width: 5, height: 4, bitDepth: bits, colorType: 0,
      pixel: { [($0, $1) == (3, 2) ? number : 1] })
    #expect(
      problem(builder)
        == "T/labels.png: label \(number) at row 3, column 2; labels are 0 to 20, and 255 for none")
  }

  @Test func transparentAndJPEG() throws {
    let clear = PNGBuilder(
      width: 2, height: 2, bitDepth: 8, colorType: 4, pixel: { [1, $0 == 1 && $1 == 0 ? 0 : 255] })
    #expect(
      problem(clear)
        == "T/labels.png: transparent at row 1, column 0, where a number is expected; save it "
        + "without alpha")
    let jpeg = try Foundation.Data(
      contentsOf: URL(fileURLWithPath: reference("Samples/metres/1000.jpg")))
    let path = try folder.write(jpeg, as: "labels.png")
    #expect(
      message { _ = try LabelFile(path, classes: .pascalVOC) }
        == "\(path): a JPEG file, whose compression changes class numbers; store labels as PNG")
  }
}
