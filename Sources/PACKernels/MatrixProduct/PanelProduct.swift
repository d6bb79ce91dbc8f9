import CPACPlatform

/// Matrix products whose right factor is a panel: for each k one vector of sixteen columns, next to
/// each other.
///
/// OpenBLAS copies both factors into a layout of its own before it multiplies. For the few rows a
/// PAC layer's output channels make, that copy costs as much as the arithmetic it prepares; here
/// the packing of the neighbours writes the layout the product reads.
struct PanelWeights {
  /// Row counts for which there is a loop, each with so many sums in registers; 21 is Pascal VOC's
  /// classes.
  private static let heights = [1, 2, 4, 6, 8, 12, 16, 21, 24]
  /// The largest of them whose sums fit into this processor's registers.
  static var mostRegisterRows: Int { Int(pac_most_register_sums()) }

  private struct Group {
    let firstRow: Int
    let rows: Int
    /// `rows` rounded up to one of `heights`; the rows added are zeros.
    let height: Int
    let offset: Int
  }

  private let depth: Int
  private let groups: [Group]
  private let packed: ScratchBuffer

  /// Packs the left factor.
  /// - Parameters:
  ///   - rows: the number of rows.
  ///   - depth: the number of columns, which is the panel's number of vectors.
  ///   - mostRows: how many rows are summed up at a time; one of `heights`.
  ///   - element: the element in a row and a column.
  init(
    rows: Int, depth: Int, mostRows: Int = mostRegisterRows, element: (Int, Int) -> Float
  ) {
    let count = max((rows + mostRows - 1) / mostRows, 1)
    var groups: [Group] = []
    var offset = 0
    for group in 0..<count {
      let first = rows * group / count
      let own = rows * (group + 1) / count - first
      let height = Self.heights.first { $0 >= own } ?? mostRows
      groups.append(Group(firstRow: first, rows: own, height: height, offset: offset))
      offset += height * depth
    }
    packed = ScratchBuffer(zeros: offset)
    for group in groups {
      for row in 0..<group.rows {
        for k in 0..<depth {
          packed.pointer[group.offset + k * group.height + row] = element(group.firstRow + row, k)
        }
      }
    }
    self.depth = depth
    self.groups = groups
  }

  /// Multiplies with one panel.
  /// - Parameters:
  ///   - panel: [depth, 16].
  ///   - result: sixteen columns of each row, rows `stride` apart; overwritten. Rows up to the next
  ///     of `heights` are written too, as `paddedRows` says.
  ///   - stride: floats from one row of the result to the next.
  @inline(__always)
  func multiply(
    _ panel: UnsafePointer<Float>, into result: UnsafeMutablePointer<Float>, stride: Int
  ) {
    for group in groups {
      let weights = UnsafePointer(packed.pointer + group.offset)
      let target = result + group.firstRow * stride
      switch group.height {
      case 1: product(Height<1, 0>(), weights, panel, depth, target, stride)
      case 2: product(Height<2, 0>(), weights, panel, depth, target, stride)
      case 4: product(Height<4, 0>(), weights, panel, depth, target, stride)
      case 6: product(Height<6, 0>(), weights, panel, depth, target, stride)
      case 8: product(Height<8, 0>(), weights, panel, depth, target, stride)
      case 12: product(Height<12, 0>(), weights, panel, depth, target, stride)
      case 16: product(Height<8, 8>(), weights, panel, depth, target, stride)
      case 21: product(Height<12, 9>(), weights, panel, depth, target, stride)
      default: product(Height<12, 12>(), weights, panel, depth, target, stride)
      }
    }
  }

  /// The rows that `multiply` writes, the zero rows of the last group included.
  var paddedRows: Int { (groups.last.map { $0.firstRow + $0.height }) ?? 0 }
}

/// A number of rows known when the loop is compiled, in two parts.
///
/// The compiler keeps an array of sums in registers only if it unrolls every loop over it, which it
/// does up to some sixteen rounds.
private struct Height<let upper: Int, let lower: Int> {}

/// result[row] = Σ_k weights[k, row] · panel[k]; the sums stay in registers.
@inline(__always)
private func product<let upper: Int, let lower: Int>(
  _: Height<upper, lower>, _ weights: UnsafePointer<Float>, _ panel: UnsafePointer<Float>,
  _ depth: Int, _ result: UnsafeMutablePointer<Float>, _ stride: Int
) {
  var upperSums = InlineArray<upper, Vector>(repeating: .zero)
  var lowerSums = InlineArray<lower, Vector>(repeating: .zero)
  for k in 0..<depth {
    let column = Vector(loading: panel + k * Vector.lanes)
    let weight = weights + k * (upper + lower)
    for row in 0..<upper {
      upperSums[row] = upperSums[row].adding(Vector(repeating: weight[row]), times: column)
    }
    for row in 0..<lower {
      lowerSums[row] = lowerSums[row].adding(Vector(repeating: weight[upper + row]), times: column)
    }
  }
  for row in 0..<upper { upperSums[row].store(to: result + row * stride) }
  for row in 0..<lower { lowerSums[row].store(to: result + (upper + row) * stride) }
}
