import PACTensors

/// What the samples of a dataset hold, counted while it is prepared.
public struct DatasetSurvey: Sendable, Equatable {
  /// The values of depth, or the lengths of flow vectors, and how many are known.
  public struct Values: Sendable, Equatable {
    /// The smallest known value; 0 if none is known.
    public private(set) var smallest: Float = 0
    /// The largest known value; 0 if none is known.
    public private(set) var largest: Float = 0
    /// The number of pixels whose value is known.
    public private(set) var knownCount = 0
    /// The number of pixels.
    public private(set) var count = 0

    /// The part of the pixels whose value is not known, from 0 to 1.
    public var missingShare: Double { 1 - Double(knownCount) / Double(max(count, 1)) }

    /// Counts the values of a sample; nil = not known.
    /// - Returns: how many are known.
    fileprivate mutating func add(_ values: some Collection<Float?>) -> Int {
      var known = 0
      for case let value? in values {
        smallest = knownCount + known == 0 ? value : min(smallest, value)
        largest = max(largest, value)
        known += 1
      }
      knownCount += known
      count += values.count
      return known
    }
  }

  /// The depths in the dataset's unit; nil without depth.
  public private(set) var depth: Values?
  /// The lengths of the flow vectors in pixels; nil without flow.
  public private(set) var flow: Values?
  /// The number of pixels of each class number, 255 = not labelled; nil without labels.
  public private(set) var labelCounts: [Int]?
  /// The number of pixels of each sample that something is known about; nil for a sample without
  /// ground truth.
  private var known: [SceneField: [Int?]] = [:]

  /// Counts a sample; `missing` is the value that stands for unknown depth.
  mutating func add(_ sample: SceneSample, missing: Float?) {
    if let tensor = sample.depth {
      let values = tensor.elements.lazy.map { $0 == missing ? nil : $0 }
      known[.depth, default: []].append(Self.add(values, to: &depth))
    }
    if let tensor = sample.flow {
      let elements = tensor.elements
      let pixels = elements.count / 2
      let lengths = (0..<pixels).lazy.map { pixel -> Float? in
        let (x, y) = (elements[pixel], elements[pixels + pixel])
        let isKnown = max(abs(x), abs(y)) <= SceneField.unknownFlowAbove
        return isKnown ? (x * x + y * y).squareRoot() : nil
      }
      known[.flow, default: []].append(Self.add(lengths, to: &flow))
    }
    if let labels = sample.labels { add(labels: labels) }
  }

  private static func add(_ values: some Collection<Float?>, to sum: inout Values?) -> Int {
    var total = sum ?? Values()
    defer { sum = total }
    return total.add(values)
  }

  /// Counts the class numbers of a sample; nil without labels.
  mutating func add(labels: ByteImage?) {
    var counts = labelCounts ?? [Int](repeating: 0, count: 256)
    let bytes = labels?.bytes ?? []
    for byte in bytes { counts[Int(byte)] += 1 }
    labelCounts = counts
    let unlabelled = bytes.count { $0 == SceneField.unlabelled }
    known[.labels, default: []].append(labels.map { _ in bytes.count - unlabelled })
  }

  /// What deserves a look, one line each.
  /// - Parameters:
  ///   - names: the names of the samples.
  ///   - splits: positions of samples by name of the split.
  ///   - description: what the numbers mean.
  /// - Returns: the lines.
  func remarks(
    names: [String], splits: [String: [Int]], description: DatasetDescription
  ) -> [String] {
    let fields: [(field: SceneField, word: String)] = [
      (.depth, "known depth"), (.flow, "known flow"), (.labels, "a label"),
    ]
    return fields.flatMap { field, word in
      emptiness(known[field] ?? [], word, names: names, splits: splits)
    } + unlikelyMetres(description) + singleClass(description)
  }

  private func emptiness(
    _ known: [Int?], _ word: String, names: [String], splits: [String: [Int]]
  ) -> [String] {
    var lines: [String] = []
    for (split, indices) in splits.sorted(by: { $0.key < $1.key }) {
      let counts = indices.compactMap { known.indices.contains($0) ? known[$0] : nil }
      if !counts.isEmpty, counts.allSatisfy({ $0 == 0 }) {
        lines.append(
          "split \(split): no pixel has \(word); nothing can be learned or measured on it")
      }
    }
    let empty = zip(names, known).filter { $0.1 == 0 }.map(\.0)
    if let first = empty.first {
      lines.append(
        "no pixel has \(word) in \(empty.count) of \(names.count) samples, first \(first)")
    }
    return lines
  }

  private func unlikelyMetres(_ description: DatasetDescription) -> [String] {
    guard let depth, depth.knownCount > 0, description.depthUnit == .metre else { return [] }
    if depth.smallest > Self.farthest {
      return ["no depth is below \(depth.smallest) metres; check the unit and the scale"]
    }
    return depth.largest < 0.05
      ? ["no depth is above \(depth.largest) metres; check the unit and the scale"] : []
  }

  /// The depth in metres above which half of a frame cannot be.
  static let farthest: Float = 100

  private func singleClass(_ description: DatasetDescription) -> [String] {
    let classes = (labelCounts ?? []).prefix(Int(SceneField.unlabelled))
    let present = classes.indices.filter { classes[$0] > 0 }
    guard present.count == 1, let only = present.first else { return [] }
    let names = description.classNames
    let name = names.indices.contains(only) ? " (\(names[only]))" : ""
    let hasUnlabelled = labelCounts?.last != 0
    return [
      "every labelled pixel is of class \(only)\(name)"
        + (hasUnlabelled
          ? ", and 255 means not labelled: a mask of 0 and 255 needs other numbers" : "")
    ]
  }
}
