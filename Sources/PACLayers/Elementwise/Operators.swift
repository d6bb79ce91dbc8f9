import PACAutograd
import PACKernels
import PACTensors

// Arithmetic of variables, element by element.

extension Variable {
  /// a + b.
  /// - Precondition: equal shapes.
  public static func + (a: Variable, b: Variable) -> Variable {
    let shape = commonShape("+", a, b)
    let sum = Tensor(shape, from: a.value, b.value) { y, a, b in
      add(a, b, into: y, count: shape.count)
    }
    return .result(sum, of: "+", a, b) { upstream, da, db in
      da?.accumulate(upstream.gradient)
      db?.accumulate(upstream.gradient)
    }
  }

  /// a − b.
  /// - Precondition: equal shapes.
  public static func - (a: Variable, b: Variable) -> Variable {
    let shape = commonShape("-", a, b)
    let difference = Tensor(shape, from: a.value, b.value) { y, a, b in
      subtract(a, b, into: y, count: shape.count)
    }
    return .result(difference, of: "-", a, b) { upstream, da, db in
      da?.accumulate(upstream.gradient)
      withMemory(of: upstream, db?.adding) { g, db in
        if let db { accumulate(g, times: -1, into: db, count: shape.count) }
      }
    }
  }

  /// a · b, element by element.
  /// - Precondition: equal shapes.
  public static func * (a: Variable, b: Variable) -> Variable {
    let shape = commonShape("*", a, b)
    let (left, right) = (
      b.needsGradient ? a.value : nil, a.needsGradient ? b.value : nil
    )
    let product = Tensor(shape, from: a.value, b.value) { y, a, b in
      multiply(a, b, into: y, count: shape.count)
    }
    return .result(product, of: "*", a, b) { upstream, da, db in
      withMemory(of: left, right, upstream, da?.adding, db?.adding) { a, b, g, da, db in
        if let b, let da { accumulate(g, times: b, into: da, count: shape.count) }
        if let a, let db { accumulate(g, times: a, into: db, count: shape.count) }
      }
    }
  }

  /// x + number.
  public static func + (x: Variable, number: Float) -> Variable {
    let shape = x.value.shape
    let sum = Tensor(shape, from: x.value) { y, x in
      shift(x, by: number, into: y, count: shape.count)
    }
    return .result(sum, of: "+", x) { upstream, dx in dx.accumulate(upstream.gradient) }
  }

  /// number · x.
  public static func * (number: Float, x: Variable) -> Variable {
    let shape = x.value.shape
    let product = Tensor(shape, from: x.value) { y, x in
      scale(x, by: number, into: y, count: shape.count)
    }
    return .result(product, of: "*", x) { upstream, dx in
      withMemory(of: upstream, dx.adding) { g, dx in
        accumulate(g, times: number, into: dx, count: shape.count)
      }
    }
  }

  /// number + x.
  public static func + (number: Float, x: Variable) -> Variable { x + number }

  /// x − number.
  public static func - (x: Variable, number: Float) -> Variable { x + -number }

  /// number − x.
  public static func - (number: Float, x: Variable) -> Variable { -1 * x + number }

  /// x · number.
  public static func * (x: Variable, number: Float) -> Variable { number * x }

  private static func commonShape(_ name: String, _ a: Variable, _ b: Variable) -> Shape {
    let shape = a.value.shape
    demand(b.value.shape == shape, "\(name): shapes \(shape) and \(b.value.shape)")
    return shape
  }
}
