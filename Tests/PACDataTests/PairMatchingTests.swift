import PACTestSupport
import Testing

@testable import PACData

@Suite struct PairMatchingTests {
  @Test(arguments: [
    (["1000.jpg", "1001.jpg"], ["1001.npy", "1000.npy"]),
    (
      ["Middlebury_01_output_color.png", "Middlebury_02_output_color.png"],
      ["Middlebury_02_output_depth.png", "Middlebury_01_output_depth.png"]
    ),
    (["rgb_00000.jpg", "rgb_00050.jpg"], ["sync_depth_00050.png", "sync_depth_00000.png"]),
    (["img_1.png", "img_10.png"], ["depth_0010.png", "depth_0001.png"]),
    (["art_color.png", "books_color.png"], ["books_disparity.png", "art_disparity.png"]),
    (["nyu2_7_rgb.png", "nyu2_8_rgb.png"], ["8.npy", "7.npy"]),
    (["rgb.png"], ["depth.npy"]),
    (["a.v2.png", "b.v2.png"], ["b.v2.npy", "a.v2.npy"]),
  ])
  func pairsByName(_ colors: [String], _ depths: [String]) throws {
    let pairs = try matchPairs(colors: colors.reversed(), depths: depths)
    let expected = zip(colors, depths.reversed()).map { FilePair(color: $0, depth: $1) }
    #expect(pairs == expected)
  }

  @Test func tellsWhatHasNoPartner() {
    let colors = (1...9).map { "rgb_\($0).png" }
    let depths = (5...9).map { "depth_\($0).png" } + ["depth_77.png"]
    #expect(
      message { _ = try matchPairs(colors: colors, depths: depths) }
        == "4 images (rgb_1.png, rgb_2.png, rgb_3.png, …) and 1 depth files "
        + "(depth_77.png) have no unique partner; give both files of a pair the same name or "
        + "number, "
        + "and remove files without a partner"
    )
    #expect(
      message { _ = try matchPairs(colors: ["a.png", "a.jpg"], depths: ["a.npy"]) }
        .hasPrefix(
          "2 images (a.jpg, a.png) and 1 depth files (a.npy) have no unique partner")
    )
  }

  @Test func numbersCountAsNumbers() {
    let names = ["a", "a1", "a2b", "a02c", "a2d", "a10", "b"]
    for (index, name) in names.enumerated() {
      for (other, otherName) in names.enumerated() {
        #expect(naturallyPrecedes(name, otherName) == (index < other), "\(name), \(otherName)")
      }
    }
  }
}
