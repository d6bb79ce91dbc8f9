import PACTensors
import Testing

@testable import PACData

@Suite("Synthetic scenes")
struct SyntheticSceneTests {
  static let (width, height) = (160, 120)

  static func scene(_ index: Int, seed: UInt64 = 5) -> SyntheticScene {
    SyntheticScene(seed: seed, index: index, width: width, height: height)
  }

  @Test("equal arguments give equal scenes, others give others")
  func determinism() throws {
    let sample = Self.scene(3).render()
    let again = Self.scene(3).render()
    #expect(sample.name == "scene_0003")
    #expect(sample.image == again.image)
    #expect(sample.labels == again.labels)
    #expect(sample.depth?.elements == again.depth?.elements)
    #expect(sample.flow?.elements == again.flow?.elements)
    #expect(sample.image != Self.scene(4).render().image)
    #expect(sample.image != Self.scene(3, seed: 6).render().image)
    #expect(Self.scene(12345).name == "scene_12345")
  }

  @Test("depths lie between one and ten metres and flow is moderate", arguments: 0..<60)
  func ranges(index: Int) throws {
    let sample = SyntheticScene(seed: 9, index: index, width: 64, height: 48).render()
    let depth = try #require(sample.depth?.elements)
    #expect(depth.allSatisfy { $0 > 1 && $0 < 10 }, "\(depth.min() ?? 0) \(depth.max() ?? 0)")
    let flow = try #require(sample.flow?.elements)
    #expect(flow.allSatisfy { abs($0) < 0.15 * 64 }, "\(flow.max() ?? 0)")
    #expect(Set(sample.labels?.bytes ?? []).count >= 3)
  }

  @Test("any size", arguments: [(1, 1), (7, 300), (33, 2)])
  func sizes(width: Int, height: Int) {
    let sample = SyntheticScene(seed: 1, index: 0, width: width, height: height).render()
    #expect(sample.depth?.shape == Shape(batch: 1, channels: 1, height: height, width: width))
    #expect(sample.flow?.shape == Shape(batch: 1, channels: 2, height: height, width: width))
  }

  @Test("depth is the distance along the optical axis of the point that is seen")
  func depth() throws {
    let sample = Self.scene(1).render()
    let depth = try #require(sample.depth?.elements)
    let view = Self.scene(1).view(frame: 0)
    for pixel in stride(from: 0, to: depth.count, by: 7) {
      let (x, y) = (pixel % Self.width, pixel / Self.width)
      let hit = view.trace(x: Double(x), y: Double(y))
      let seen = view.project(view.ownPoint(of: hit), object: hit.object)
      #expect(abs(seen.x - Double(x)) < 1e-9 && abs(seen.y - Double(y)) < 1e-9)
      #expect(Float(seen.depth) == depth[pixel])
    }
  }

  /// Along the flow the next image shows the same point of the same object, unless something nearer
  /// has come in between.
  @Test("flow leads to the same surface point in the next image", arguments: 0..<6)
  func flow(index: Int) throws {
    let scene = Self.scene(index)
    let flow = try #require(scene.render().flow?.elements)
    let (view, next) = (scene.view(frame: 0), scene.view(frame: 1))
    var found = 0
    for pixel in 0..<Self.width * Self.height {
      let (x, y) = (Double(pixel % Self.width), Double(pixel / Self.width))
      let hit = view.trace(x: x, y: y)
      let point = view.ownPoint(of: hit)
      let there = next.trace(
        x: x + Double(flow[pixel]), y: y + Double(flow[Self.width * Self.height + pixel]))
      let expectedDepth = next.project(point, object: hit.object).depth
      if there.object != hit.object {
        // At the very outline the rounding of the flow to Float may decide.
        #expect(there.depth < expectedDepth * 1.05, "pixel \(pixel) is neither seen nor hidden")
        continue
      }
      let difference = next.ownPoint(of: there) - point
      // Grazing rays stretch the rounding of the flow.
      if dot(difference, difference) < 1e-6 { found += 1 }
    }
    #expect(Double(found) > 0.9 * Double(Self.width * Self.height))
  }

  @Test("the next image, read along the flow, looks like this one")
  func warping() throws {
    let scene = Self.scene(2)
    let sample = scene.render()
    let flow = try #require(sample.flow?.elements)
    let next = scene.image(of: scene.view(frame: 1))
    let pixels = Self.width * Self.height
    var warped = 0
    var unwarped = 0
    for pixel in 0..<pixels {
      let x = pixel % Self.width + Int(flow[pixel].rounded())
      let y = pixel / Self.width + Int(flow[pixels + pixel].rounded())
      guard (0..<Self.width).contains(x), (0..<Self.height).contains(y) else { continue }
      for channel in 0..<3 {
        let colour = Int(sample.image.bytes[channel * pixels + pixel])
        warped += abs(Int(next.bytes[channel * pixels + y * Self.width + x]) - colour)
        unwarped += abs(Int(next.bytes[channel * pixels + pixel]) - colour)
      }
    }
    #expect(warped * 2 < unwarped, "\(warped) \(unwarped)")
  }

  @Test("every edge in depth is an outline, outlines change colour, textures do so elsewhere")
  func edges() throws {
    var outlines = 0
    var colouredOutlines = 0
    var colouredElsewhere = 0
    var steepSurfaces = 0
    for index in 0..<4 {
      let scene = SyntheticScene(seed: 5, index: index, width: 320, height: 240)
      let sample = scene.render()
      let depth = try #require(sample.depth?.elements)
      let labels = try #require(sample.labels?.bytes)
      let view = scene.view(frame: 0)
      let pixels = 320 * 240
      for y in 0..<240 {
        let objects = (0..<320).map { view.trace(x: Double($0), y: Double(y)).object }
        for x in 1..<318 {
          let pixel = y * 320 + x
          #expect(labels[pixel] == view.layout.objects[objects[x]].label)
          let ratio = depth[pixel] / depth[pixel + 1]
          let isEdge = max(ratio, 1 / ratio) > 1.1
          if isEdge && objects[x] == objects[x + 1] { steepSurfaces += 1 }
          // One pixel further out on both sides, where anti-aliasing does not reach.
          let difference = (0..<3).map { channel in
            let start = channel * pixels + pixel
            return abs(Int(sample.image.bytes[start - 1]) - Int(sample.image.bytes[start + 2]))
          }
          let isColoured = difference.reduce(0, +) > 40
          if isEdge {
            outlines += 1
            if isColoured { colouredOutlines += 1 }
          } else if isColoured && Set(objects[x - 1...x + 2]).count == 1 {
            colouredElsewhere += 1
          }
        }
      }
    }
    #expect(outlines > 1000)
    // A surface seen edge-on may lose a tenth of its depth from one pixel to the next, but rarely.
    #expect(steepSurfaces * 200 < outlines, "\(steepSurfaces) of \(outlines)")
    #expect(colouredOutlines * 10 > outlines * 9, "\(colouredOutlines) of \(outlines)")
    #expect(colouredElsewhere > outlines)
  }
}
