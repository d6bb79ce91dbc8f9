import Testing

@testable import PACTensors

@Suite struct TensorTests {
  @Test func sharesUntilWritten() {
    var a = Tensor([2, 3], [0, 1, 2, 3, 4, 5])
    let row = a.batchSlice(1..<2)
    #expect(row.shape == [1, 3])
    #expect(row.elements == [3, 4, 5])
    a.withUnsafeMutableBufferPointer { $0[3] = 9 }
    #expect(row.elements == [3, 4, 5], "a slice keeps what it saw")
    #expect(a.elements == [0, 1, 2, 9, 4, 5])
  }

  @Test func writesInPlaceWhenAlone() {
    var a = Tensor.zeros([4])
    let before = a.withUnsafeBufferPointer { $0.baseAddress }
    a.withUnsafeMutableBufferPointer { $0[0] = 1 }
    #expect(a.withUnsafeBufferPointer { $0.baseAddress } == before)
    #expect(Int(bitPattern: before) % 64 == 0, "aligned to a cache line")
  }

  @Test func writingASliceLeavesTheWholeAlone() {
    let whole = Tensor([4], [0, 1, 2, 3])
    var tail = whole.slice(from: 2, [2])
    tail.withUnsafeMutableBufferPointer { $0[0] = 7 }
    #expect(tail.elements == [7, 3])
    #expect(whole.elements == [0, 1, 2, 3])
  }

  @Test func copiesIntoItsOwnMemory() {
    let source = Tensor([2, 3], [1, 2, 3, 4, 5, 6])
    var target = Tensor.zeros([6])
    let memory = target.withUnsafeBufferPointer(\.baseAddress)
    target.copy(from: source)
    #expect(target.shape == [2, 3] && target.elements == [1, 2, 3, 4, 5, 6])
    #expect(target.withUnsafeBufferPointer(\.baseAddress) == memory)
  }

  @Test func copiesIntoOtherMemoryWhatIsSeenOrTooSmall() {
    let source = Tensor([2], [1, 2])
    for original in [Tensor.zeros([2]), .zeros([3]), source] {
      let elements = original.elements
      var target = original
      target.copy(from: source)
      #expect(target.shape == [2] && target.elements == [1, 2])
      #expect(original.elements == elements)
      #expect(
        target.withUnsafeBufferPointer(\.baseAddress)
          != original.withUnsafeBufferPointer(\.baseAddress))
    }
  }

  @Test func reshapesWithoutCopying() {
    let a = Tensor([1, 2, 2, 3], (0..<12).map(Float.init))
    let b = a.reshaped([4, 3])
    #expect(b.elements == a.elements)
    #expect(a.shape.channels == 2 && a.shape.pixels == 6)
  }
}
