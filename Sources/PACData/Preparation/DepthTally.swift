/// Counts the values that are no depth, which a preparation takes for missing ones.
struct DepthTally {
  private enum Kind: String, CaseIterable {
    case nan = "NaN"
    case infinite
    case negative
  }

  private var found: [Kind: (pixels: Int, samples: Int, first: String)] = [:]

  /// Counts a sample's values; `place` names it.
  mutating func add(_ values: some Sequence<Double>, _ place: String) {
    var counts: [Kind: Int] = [:]
    for value in values where !(value >= 0 && value.isFinite) {
      counts[value.isNaN ? .nan : value.isInfinite ? .infinite : .negative, default: 0] += 1
    }
    for (kind, count) in counts {
      let before = found[kind] ?? (0, 0, place)
      found[kind] = (before.pixels + count, before.samples + 1, before.first)
    }
  }

  /// A line for each kind of value that was found.
  var remarks: [String] {
    Kind.allCases.compactMap { kind in
      found[kind].map { pixels, samples, first in
        "\(first)\(samples > 1 ? " and \(samples - 1) more" : ""): "
          + "\(pixels) \(kind.rawValue) values, taken for missing depth"
      }
    }
  }
}
