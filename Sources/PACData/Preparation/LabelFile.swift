import PACImageFiles

/// A label file: its class numbers, and the bytes of it that a dataset keeps.
struct LabelFile {
  /// The class numbers, upright; 255 = not labelled.
  let labels: ByteImage
  /// A PNG file in which any program finds these numbers: the file itself where it is one.
  let bytes: [UInt8]
  /// Whether the numbers follow from colours: the file is RGB, or has a palette in another order.
  let isMatchedByColor: Bool
  /// What the file stores.
  let header: Raster.Header

  /// Reads a label file of any kind of PNG.
  ///
  /// Grey values are class numbers as they are, whatever their bits. So are the indices of a
  /// palette, unless it has the classes' colours in another order; then colours decide, and in RGB.
  /// - Parameters:
  ///   - path: the file.
  ///   - classes: the classes and their colours.
  ///   - colors: the palette of what the dataset keeps if it cannot keep the file as it is.
  /// - Throws: `DataError` or `ImageFileError`, naming the file and the pixel, if a pixel is of no
  ///   class.
  init(
    _ path: String, classes: LabelClasses, colors: [PNG.Color] = ClassColors.standard
  ) throws {
    let stored = try fileBytes(path)
    guard !stored.starts(with: [0xFF, 0xD8, 0xFF]) else {
      throw DataError(
        "\(path): a JPEG file, whose compression changes class numbers; store labels as PNG")
    }
    let raster = try Raster(decoding: stored, name: path, palette: .indices)
    let colored = try Self.colors(of: raster, path, classes)
    var numbers: [UInt8] = []
    numbers.reserveCapacity(raster.width * raster.height)
    func place(_ pixel: Int) -> String {
      "row \(pixel / raster.width), column \(pixel % raster.width)"
    }
    for pixel in 0..<raster.width * raster.height {
      if let color = colored?(pixel) {
        guard let number = classes.number(of: color) else {
          throw DataError(
            "\(path): the colour (\(color.red), \(color.green), \(color.blue)) at \(place(pixel)) is "
              + "that of no class; use the colours of the classes, or store class numbers as grey values"
          )
        }
        numbers.append(number)
      } else {
        let number = classes.numbering.label(of: Int(raster.samples[pixel]))
        guard number < classes.count || number == SceneField.unlabelled else {
          throw DataError(
            "\(path): label \(raster.samples[pixel]) at \(place(pixel)); "
              + classes.numbering.allowed(classes: classes.count))
        }
        numbers.append(UInt8(number))
      }
    }
    labels = ByteImage(
      channels: 1, height: raster.height, width: raster.width, bytes: numbers)
    isMatchedByColor = colored != nil
    header = raster.header
    let isKept =
      raster.header.isPlain && colored == nil && raster.bitDepth == 8
      && classes.numbering.isIdentity
    bytes = isKept ? stored : try Self.encode(labels, colors)
  }

  /// Encodes class numbers with a palette.
  static func encode(_ labels: ByteImage, _ colors: [PNG.Color]) throws -> [UInt8] {
    let missing = ClassColors.standard.dropFirst(colors.count)
    return try PNG.encode(
      Raster(
        width: labels.width, height: labels.height, channels: 1,
        samples: labels.bytes.map { UInt16($0) }), colors: colors + missing)
  }

  /// The colour of each pixel where colours decide; nil where the samples are class numbers.
  private static func colors(
    of raster: Raster, _ path: String, _ classes: LabelClasses
  ) throws(DataError) -> ((_ pixel: Int) -> PNG.Color)? {
    if raster.channels == 1 {
      let used = Set(raster.samples.map { Int($0) })
      if raster.palette.isEmpty || classes.haveOrder(of: raster.palette, used: used) { return nil }
      guard let last = used.max(), last < raster.palette.count else {
        throw DataError(
          "\(path): a pixel has the colour \(used.max() ?? 0) of a palette of "
            + "\(raster.palette.count); save it again")
      }
      return { raster.palette[Int(raster.samples[$0])] }
    }
    guard classes.haveColors, raster.bitDepth == 8 else {
      throw DataError(
        "\(path): labels in RGB of \(raster.bitDepth) bits, "
          + (classes.haveColors ? "not 8" : "but the classes have no colours")
          + "; store class numbers as grey values or with a palette"
          + (classes.haveColors ? "" : ", or give every class its colour"))
    }
    return { pixel in
      let parts = (0..<3).map { UInt8(raster.samples[3 * pixel + $0]) }
      return PNG.Color(parts[0], parts[1], parts[2])
    }
  }
}
