import Foundation
import PACLayers
import PACTensors

/// Mean field with pixel-adaptive terms in double precision, straight from the equations of spec
/// section 2, for one image.
struct MeanFieldReference {
  /// One pairwise term of one step.
  struct Term {
    var settings: PairwiseKernel
    /// [C, C, k, k], or [1, 1, k, k] where one filter serves all labels.
    var filter: [Double]
    /// [C, C]; empty where there is none.
    var compatibility: [Double] = []
    var weight: Double
  }

  /// One plane after another, [C, H, W].
  struct Map {
    var values: [Double]
    var channels: Int
    var height: Int
    var width: Int

    subscript(c: Int, y: Int, x: Int) -> Double {
      (0..<height).contains(y) && (0..<width).contains(x)
        ? values[(c * height + y) * width + x] : 0
    }

    init(_ values: [Double], _ channels: Int, _ height: Int, _ width: Int) {
      (self.values, self.channels, self.height, self.width) = (values, channels, height, width)
    }

    init(_ channels: Int, _ height: Int, _ width: Int, _ value: (Int, Int, Int) -> Double) {
      self.init([], channels, height, width)
      for c in 0..<channels {
        for y in 0..<height { for x in 0..<width { values.append(value(c, y, x)) } }
      }
    }
  }

  let unary: Map
  let features: [Map]
  /// Weight of the unary and the terms, step by step.
  var steps: [(unaryWeight: Double, terms: [Term])]

  /// log Q after the last step.
  func logQ() -> Map {
    var logQ = unary
    for step in steps {
      let q = Self.softmax(logQ)
      var next = unary.values.map { step.unaryWeight * $0 }
      for (term, feature) in zip(step.terms, features) {
        let message = self.message(q, feature, term)
        for i in next.indices { next[i] -= term.weight * message.values[i] }
      }
      logQ.values = next
    }
    return logQ
  }

  static func softmax(_ map: Map) -> Map {
    Map(map.channels, map.height, map.width) { c, y, x in
      let sum = (0..<map.channels).reduce(0) { $0 + exp(map[$1, y, x] - map[c, y, x]) }
      return 1 / sum
    }
  }

  private func message(_ q: Map, _ feature: Map, _ term: Term) -> Map {
    let (s, blur) = (term.settings, term.settings.blur)
    let (labels, f) = (blurred(q, blur), blurred(feature, blur))
    let (kh, kw) = (s.kernelSize.height, s.kernelSize.width)
    let isFull = s.compatType == .filter4d || s.compatType == .notAdaptive
    var message = Map(q.channels, labels.height, labels.width) { c, y, x in
      var sum = 0.0
      for tap in 0..<kh * kw {
        let (v, u) = (
          y + (tap / kw - kh / 2) * s.dilation.height, x + (tap % kw - kw / 2) * s.dilation.width
        )
        let squares = (0..<f.channels).reduce(0) { $0 + pow(f[$1, v, u] - f[$1, y, x], 2) }
        let kernel = s.compatType == .notAdaptive ? 1 : exp(-0.5 * squares)
        for other in isFull ? 0..<q.channels : c..<c + 1 {
          let pair = isFull ? c * q.channels + other : 0
          sum += kernel * term.filter[pair * kh * kw + tap] * labels[other, v, u]
        }
      }
      return sum
    }
    if !term.compatibility.isEmpty {
      let raw = message
      message = Map(q.channels, raw.height, raw.width) { c, y, x in
        (0..<q.channels).reduce(0) { $0 + term.compatibility[c * q.channels + $1] * raw[$1, y, x] }
      }
    }
    return enlarged(message, blur, q.height, q.width)
  }

  private func margin(_ extent: Int, _ blur: Int) -> Int {
    ((blur - extent % blur) % blur + 1) / 2
  }

  private func blurred(_ map: Map, _ blur: Int) -> Map {
    let (top, left) = (margin(map.height, blur), margin(map.width, blur))
    let (h, w) = ((map.height + 2 * top) / blur, (map.width + 2 * left) / blur)
    return Map(map.channels, h, w) { c, y, x in
      let rows = max(y * blur - top, 0)..<min((y + 1) * blur - top, map.height)
      let columns = max(x * blur - left, 0)..<min((x + 1) * blur - left, map.width)
      let sum = rows.reduce(0) { sum, row in columns.reduce(sum) { $0 + map[c, row, $1] } }
      return sum / Double(rows.count * columns.count)
    }
  }

  private func enlarged(_ map: Map, _ blur: Int, _ height: Int, _ width: Int) -> Map {
    func read(_ position: Int, _ extent: Int) -> (Int, Int, Double) {
      let x = max((Double(position) + 0.5) / Double(blur) - 0.5, 0)
      return (Int(x), min(Int(x) + 1, extent - 1), x - x.rounded(.down))
    }
    return Map(map.channels, height, width) { c, y, x in
      let (top, bottom, v) = read(y + margin(height, blur), map.height)
      let (left, right, u) = read(x + margin(width, blur), map.width)
      return (1 - v) * ((1 - u) * map[c, top, left] + u * map[c, top, right])
        + v * ((1 - u) * map[c, bottom, left] + u * map[c, bottom, right])
    }
  }
}
