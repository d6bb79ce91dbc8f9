import Testing

@testable import PACFiles

@Suite struct ReadingLimitTests {
  @Test func inProportionToTheFile() {
    func bytes(_ size: Int, _ mebibytes: Int = 0) -> Int {
      ReadingLimit(fileSize: size, mebibytes: mebibytes).bytes
    }
    #expect(bytes(0) == 256 << 20)
    #expect(bytes(1 << 20) == 256 << 20)
    #expect(bytes(1 << 30) == 64 << 30)
    #expect(bytes(1 << 20, 1024) == 1 << 30)
    #expect(bytes(1 << 20, -5) == 256 << 20)
    #expect(bytes(.max, .max) == .max)
  }

  @Test func refusals() {
    let limit = ReadingLimit(fileSize: 1000, mebibytes: 0)
    #expect(limit.refusal(of: 256 << 20) == nil)
    #expect(
      limit.refusal(of: 256 << 20 + 1)?.problem
        == "needs 257 MiB of memory, far more than a file of 1000 bytes should")
    #expect(
      limit.refusal(of: .max)?.advice == "if you trust the file, set PAC_READ_MIB=8796093022208")
  }

  @Test func sizesThatOverflow() {
    #expect(clampedProduct(3, 4, 5) == 60)
    #expect(clampedProduct(1 << 62, 4) == .max)
    #expect(clampedProduct(1 << 62, 4, 0) == 0)
    #expect(clampedSum(.max, 1) == .max && clampedSum(2, 3) == 5)
  }
}
