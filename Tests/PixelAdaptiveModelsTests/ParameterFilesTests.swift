import Foundation
import PACTestSupport
import PixelAdaptiveModels
import Testing

/// Saving and loading as a package does it that has no checkpoints: with the library's two imports.
@Suite struct ParameterFilesTests {
  private let folder: TemporaryFolder
  private let label = NetworkLabel(model: "Smoothing", attributes: ["factor": 1])

  init() throws { folder = try TemporaryFolder() }

  /// A layer's parameters from numbers that belong to a seed.
  private func parameters(seed: UInt64, outputs: Int = 2) throws -> ParameterSet {
    var random = CounterRandom(seed: seed, purpose: .initialisation)
    let layer = try PacConv2d(
      inputChannels: 3, outputChannels: outputs, window: PacWindow(kernelSize: 3, padding: 1),
      random: &random)
    return ParameterSet(layer.parameters("smooth"))
  }

  private func bits(_ parameters: ParameterSet) -> [UInt32] {
    parameters.values.elements.map(\.bitPattern)
  }

  @Test(arguments: ["a.pth", "a.pt", "a.safetensors", "A.PTH"])
  func comesBackBitForBit(_ name: String) throws {
    let (saved, loaded) = (try parameters(seed: 1), try parameters(seed: 2))
    #expect(bits(saved) != bits(loaded))
    try saved.save(to: folder(name))
    #expect(try loaded.load(from: folder(name)) == [])
    #expect(bits(saved) == bits(loaded))
    #expect(try folder.names() == [name])
  }

  @Test func refusesAnotherNetwork() throws {
    let path = folder("a.safetensors")
    try parameters(seed: 1).save(to: path, network: label)
    let other = try parameters(seed: 2, outputs: 4)
    let before = bits(other)
    #expect(
      message { try other.load(from: path) }
        == "\(path): weights of another model: of another shape: smooth.weight: "
        + "expected [4, 3, 3, 3], found [2, 3, 3, 3], smooth.bias: expected [4], found [2]")
    #expect(bits(other) == before)
    let renamed = NetworkLabel(model: "Sharpening")
    let same = try parameters(seed: 2)
    #expect(
      message { try same.load(from: path, for: renamed) }
        == "\(path): weights of another model: expected Sharpening, found Smoothing")
    try same.load(from: path, for: label)
  }

  @Test func refusesWhatItCannotWrite() throws {
    let saved = try parameters(seed: 1)
    func text(_ path: String) -> String { message { try saved.save(to: path) } }
    #expect(
      text(folder("a.h5"))
        == "\(folder("a.h5")): unknown extension; use one of .pth, .pt, .safetensors"
    )
    #expect(
      text(folder("none/a.pth"))
        == "\(folder("none/a.pth")): there is no folder \(folder("none")); create it or name another"
    )
    let old = try folder.write(Data("old".utf8), as: "b.pth")
    try saved.save(to: old)
    try parameters(seed: 2).load(from: old)
    #expect(try folder.names() == ["b.pth"])
  }
}
