import Foundation
import PACData
import PACImageFiles
import PACTestSupport
import Testing

@Suite struct PreparePairsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  struct Cancelled: Error {}

  /// Colour images and 16-bit depth of growing sizes; depth (7 y + x + number) counts.
  static func writePairs(_ count: Int, in folder: TemporaryFolder, side: Int = 4) throws {
    for number in 0..<count {
      let (height, width) = (side + number, side + 1)
      let pixels = height * width
      let color = Raster(
        width: width, height: height, channels: 3,
        samples: (0..<3 * pixels).map { UInt16(($0 + number) % 256) })
      let depth = Raster(
        width: width, height: height, channels: 1, bitDepth: 16,
        samples: (0..<pixels).map { UInt16(1000 * ($0 / width) + $0 % width + number) })
      for name in ["rgb", "depth"] {
        try FileManager.default.createDirectory(
          atPath: folder(name), withIntermediateDirectories: true)
      }
      try PNG.write(color, to: folder("rgb/color_\(number).png"))
      try PNG.write(depth, to: folder("depth/depth_\(number).png"))
    }
  }

  private func prepare(
    _ options: PairsOptions = PairsOptions(),
    progress: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> DatasetReader {
    try preparePairs(
      colors: folder("rgb"), depths: folder("depth"), to: folder("set.h5"), options: options,
      progress: progress)
    return try DatasetReader(folder("set.h5"))
  }

  private func problem(_ options: PairsOptions = PairsOptions()) -> String {
    message { _ = try prepare(options) }.replacing(folder.path, with: "T")
  }

  @Test func everyValue() throws {
    try Self.writePairs(12, in: folder)
    var steps: [[Int]] = []
    let options = PairsOptions(depthScale: 0.001, depthUnit: .metre, test: .count(2))
    let reader = try prepare(options) { steps.append([$0, $1]) }
    #expect(steps == (1...12).map { [$0, 12] })
    #expect(reader.names == (0..<12).map { "color_\($0)" })
    #expect(reader.splits == ["train": Array(0..<10), "test": [10, 11]])
    #expect(reader.depthUnit == .metre)
    #expect(reader.missingDepth == 0)
    for number in 0..<12 {
      let sample = try reader.read(number)
      let (height, width) = (4 + number, 5)
      let depth = (0..<height * width).map { pixel in
        let count = 1000 * (pixel / width) + pixel % width + number
        return Float(Double(count) * 0.001)
      }
      #expect(sample.depth?.elements == depth)
      let bytes = (0..<3).flatMap { c in
        (0..<height * width).map { UInt8((3 * $0 + c + number) % 256) }
      }
      let image = ByteImage(channels: 3, height: height, width: width, bytes: bytes)
      #expect(sample.image == image)
    }
  }

  @Test func clearErrors() throws {
    #expect(problem() == "T/rgb: no such folder; check the path")
    try Self.writePairs(3, in: folder)
    #expect(
      problem(PairsOptions(depthUnit: .metre))
        == "T/depth/depth_0.png: how many metres is one unit? give a depth scale, "
        + "such as 0.001 for millimetres"
    )
    #expect(
      problem(PairsOptions(depthScale: -1)) == "a depth scale of -1.0; choose one above 0")
    #expect(
      problem(PairsOptions(test: .count(4)))
        == "cannot hold out 4 of 3 samples for testing; choose fewer")
    #expect(
      problem(PairsOptions(test: .ratio(2)))
        == "cannot hold out a fraction of 2.0 for testing; choose one from 0 to 1")
    #expect(
      problem(PairsOptions(compression: 10))
        == "compression: 10 is not a level; choose one from 0 to 9")
    let small = Raster(width: 2, height: 1, channels: 1, samples: [1, 2])
    try PNG.write(small, to: folder("depth/depth_1.png"))
    #expect(
      problem()
        == "T/depth/depth_1.png: 1 × 2 pixels (rows × columns), but T/rgb/color_1.png has 5 × 5; "
        + "make them equal"
    )
    try FileManager.default.removeItem(atPath: folder("depth/depth_1.png"))
    #expect(
      problem()
        == "T/rgb, T/depth: 1 images (color_1.png) and 0 depth files have no unique "
        + "partner; give both files of a pair the same name or number, and remove files without a "
        + "partner"
    )
    #expect(
      message {
        try preparePairs(
          colors: folder("rgb"), depths: folder("rgb"), to: folder("set.h5"),
          options: PairsOptions())
      }
        == "\(folder("rgb")): images and depth files cannot be told apart; put them into two folders, or say how they are named with --match"
    )
    #expect(try folder.names() == ["depth", "rgb"])
  }

  @Test func colorPictureAsDepth() throws {
    try Self.writePairs(1, in: folder)
    let grey = Raster(
      width: 5, height: 4, channels: 3, samples: (0..<60).map { UInt16($0 / 3) })
    try PNG.write(grey, to: folder("depth/depth_0.png"))
    #expect(try prepare().read(0).depth?.elements == (0..<20).map { Float($0) })
    let color = Raster(width: 5, height: 4, channels: 3, samples: (0..<60).map { UInt16($0) })
    try PNG.write(color, to: folder("depth/depth_0.png"))
    #expect(problem() == "T/depth/depth_0.png: a colour image, not depth; give one grey channel")
  }

  @Test(arguments: [false, true])
  func missingDepth(_ hasMissing: Bool) throws {
    try Self.writePairs(1, in: folder, side: 1)
    try FileManager.default.removeItem(atPath: folder("depth/depth_0.png"))
    func array(_ values: [Float]) -> Foundation.Data {
      var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 1), }"
      while (header.utf8.count + 11) % 64 != 0 { header += " " }
      let prefix = Foundation.Data([0x93]) + Foundation.Data("NUMPY".utf8)
      let length = Foundation.Data([1, 0, UInt8(header.utf8.count + 1), 0])
      let body = values.withUnsafeBytes { Foundation.Data($0) }
      return prefix + length + Foundation.Data((header + "\n").utf8) + body
    }
    let options = PairsOptions(depthScale: 2, hasMissingDepth: hasMissing)
    for wrong: Float in [.nan, .infinity, -1] {
      try folder.write(array([wrong, 3]), as: "depth/depth_0.npy")
      if hasMissing {
        let reader = try prepare(options)
        #expect(try reader.read(0).depth?.elements == [0, 6])
        #expect(reader.missingDepth == 0)
      } else {
        let text = problem(options)
        #expect(text.hasPrefix("T/depth/depth_0.npy: \(wrong) is not a depth; "), "\(text)")
      }
    }
    try folder.write(array([0, 3]), as: "depth/depth_0.npy")
    let reader = try prepare(options)
    #expect(try reader.read(0).depth?.elements == [0, 6])
    #expect(reader.missingDepth == (hasMissing ? 0 : nil))
  }

  @Test func damagedImageNamesItself() throws {
    try Self.writePairs(3, in: folder)
    let path = folder("rgb/color_1.png")
    let whole = try Foundation.Data(contentsOf: URL(fileURLWithPath: path))
    try folder.write(whole.prefix(whole.count - 20), as: "rgb/color_1.png")
    let text = problem()
    #expect(text.hasPrefix("T/rgb/color_1.png: the image is truncated or damaged ("), "\(text)")
    #expect(try folder.names() == ["depth", "rgb"])
  }

  @Test func givingUpLeavesTheOldFile() throws {
    try Self.writePairs(3, in: folder)
    _ = try prepare()
    let before = try Foundation.Data(contentsOf: URL(fileURLWithPath: folder("set.h5")))
    #expect(throws: Cancelled.self) {
      _ = try prepare { done, _ in if done == 2 { throw Cancelled() } }
    }
    #expect(try folder.names() == ["depth", "rgb", "set.h5"])
    #expect(try Foundation.Data(contentsOf: URL(fileURLWithPath: folder("set.h5"))) == before)
  }

  @Test func killedPreparationIsClearedAway() async throws {
    try Self.writePairs(3, in: folder)
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = folder.path as String] in
      try preparePairs(
        colors: path + "/rgb", depths: path + "/depth", to: path + "/set.h5",
        options: PairsOptions()
      ) { done, _ in if done == 2 { kill(getpid(), SIGKILL) } }
    }
    let left = try folder.names()
    #expect(left.count == 3 && left.first?.hasPrefix(".set.h5.partial-") == true, "\(left)")
    _ = try prepare()
    #expect(try folder.names() == ["depth", "rgb", "set.h5"])
  }

  @Test(arguments: [nil, 1])
  func fullDisk(_ compression: Int?) async throws {
    try Self.writePairs(3, in: folder, side: 60)
    await #expect(processExitsWith: .success) {
      [path = folder.path as String, compression = compression as Int?] in
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 20_000, rlim_max: 20_000)
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      let text = message {
        try preparePairs(
          colors: path + "/rgb", depths: path + "/depth", to: path + "/set.h5",
          options: PairsOptions(compression: compression))
      }
      #expect(
        text.contains("(File too large); check the free disk space and the quota"), "\(text)")
      #expect(text.hasPrefix(path + "/"), "\(text)")
      #expect(!text.contains("\n"))
      let names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      #expect(names == ["depth", "rgb"])
    }
  }
}
