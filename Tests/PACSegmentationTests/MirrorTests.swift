import PACTensors
import Testing

@testable import PACSegmentation

@Suite struct MirrorTests {
  @Test func imagesAreMirroredLeftToRight() {
    let images = Tensor([1, 2, 2, 3], (0..<12).map(Float.init))
    #expect(images.mirrored.elements == [2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9])
    #expect(images.mirrored.shape == images.shape)
  }
}
