import Foundation
import Testing

@testable import PACKernels

@Suite struct VectorTests {
  @Test func exponentialIsWithinTwoUnitsInTheLastPlace() {
    var worst: Float = 0
    for step in stride(from: Float(-87), through: 88, by: 0.0137) {
      var x = Vector()
      for lane in 0..<Vector.lanes { x[lane] = step + Float(lane) * 0.0008 }
      let ours = exponential(x)
      for lane in 0..<Vector.lanes {
        let exact = exp(Double(x[lane]))
        worst = max(worst, Float(abs(Double(ours[lane]) - exact)) / Float(exact).ulp)
      }
    }
    #expect(worst <= 2)
  }

  @Test func exponentialEndsCleanly() {
    #expect(exponential(Vector(repeating: 0)) == Vector(repeating: 1))
    #expect(exponential(Vector(repeating: -200)) == Vector(repeating: 0))
    #expect(exponential(Vector(repeating: -Float.infinity)) == Vector(repeating: 0))
    #expect(exponential(Vector(repeating: 200))[3].isFinite)
  }
}
