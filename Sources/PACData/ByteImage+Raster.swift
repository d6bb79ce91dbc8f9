import PACImageFiles

extension ByteImage {
  /// Reads a colour image (RGB) from a file; grey is repeated, 16 bits are rounded to 8.
  init(contentsOf path: String) throws { self.init(colorsOf: try Raster(contentsOf: path)) }

  /// Converts an image to RGB; grey is repeated, 16 bits are rounded to 8.
  init(colorsOf raster: Raster) {
    let pixels = raster.width * raster.height
    var bytes = [UInt8](repeating: 0, count: 3 * pixels)
    for channel in 0..<3 {
      let offset = min(channel, raster.channels - 1)
      for pixel in 0..<pixels {
        let sample = Int(raster.samples[pixel * raster.channels + offset])
        bytes[channel * pixels + pixel] = UInt8(
          raster.bitDepth == 8 ? sample : (sample + 128) / 257)
      }
    }
    self.init(channels: 3, height: raster.height, width: raster.width, bytes: bytes)
  }

  /// The class numbers of a label image in a dataset: its grey values or palette indices.
  /// - Throws: `DataError` if the image has several channels and no palette, or more than 8 bits.
  init(labelsOf raster: Raster, name: String) throws(DataError) {
    guard raster.channels == 1, raster.bitDepth == 8 else {
      throw DataError(
        "\(name): class numbers need one channel of 8 bits or a palette, found "
          + "\(raster.channels) of \(raster.bitDepth); store the labels as in Pascal VOC")
    }
    self.init(
      channels: 1, height: raster.height, width: raster.width,
      bytes: raster.samples.map { UInt8($0) })
  }
}
