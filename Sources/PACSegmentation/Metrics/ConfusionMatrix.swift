/// How often each true class was predicted as each class, and the metrics that follow.
public struct ConfusionMatrix: Sendable, Equatable {
  /// C, the number of classes.
  public let classes: Int
  /// Pixels of true class t predicted as p at `t · C + p`.
  public private(set) var counts: [Int]

  /// Makes a matrix of zeros.
  public init(classes: Int) {
    self.classes = classes
    counts = [Int](repeating: 0, count: classes * classes)
  }

  /// Makes a matrix from its counts, row by row.
  /// - Precondition: `classes²` counts.
  public init(classes: Int, counts: [Int]) {
    precondition(counts.count == classes * classes, "\(counts.count) counts, \(classes) classes")
    self.classes = classes
    self.counts = counts
  }

  /// Counts the pixels of an image; pixels without a true class (255: not labelled) are ignored.
  /// - Precondition: `truth` and `prediction` have equal counts, and predictions are below
  ///   `classes`.
  public mutating func add(truth: [UInt8], prediction: [UInt8]) {
    precondition(truth.count == prediction.count, "\(truth.count) and \(prediction.count) pixels")
    for (t, p) in zip(truth, prediction) where t < classes {
      counts[Int(t) * classes + Int(p)] += 1
    }
  }

  /// Adds another matrix's counts.
  /// - Precondition: both have the same number of classes.
  public mutating func add(_ other: ConfusionMatrix) {
    precondition(other.classes == classes, "\(other.classes) and \(classes) classes")
    for (i, count) in other.counts.enumerated() { counts[i] += count }
  }

  /// The number of pixels whose true class is this one.
  public func truePixels(_ class: Int) -> Int {
    counts[`class` * classes..<(`class` + 1) * classes].reduce(0, +)
  }

  /// The number of pixels predicted as a class.
  public func predictedPixels(_ class: Int) -> Int {
    (0..<classes).reduce(0) { $0 + counts[$1 * classes + `class`] }
  }

  /// The number of pixels of a class that were predicted correctly.
  public func correctPixels(_ class: Int) -> Int { counts[`class` * (classes + 1)] }

  /// The intersection over union of a class; nil if it occurs neither in the ground truth nor in
  /// the prediction.
  public func intersectionOverUnion(_ class: Int) -> Double? {
    let correct = correctPixels(`class`)
    let union = truePixels(`class`) + predictedPixels(`class`) - correct
    return union == 0 ? nil : Double(correct) / Double(union)
  }

  /// The fraction of a class's pixels that were predicted correctly; nil if it has none.
  public func accuracy(_ class: Int) -> Double? {
    let pixels = truePixels(`class`)
    return pixels == 0 ? nil : Double(correctPixels(`class`)) / Double(pixels)
  }

  /// `miou`: the mean intersection over union of the classes that occur; nil if no pixel is
  /// labelled.
  public var meanIntersectionOverUnion: Double? {
    mean((0..<classes).compactMap(intersectionOverUnion))
  }

  /// `macc`: the mean accuracy of the classes that occur in the ground truth; nil if none does.
  public var meanAccuracy: Double? { mean((0..<classes).compactMap(accuracy)) }

  /// `acc`: the fraction of the labelled pixels that are predicted correctly; nil if there are
  /// none.
  public var pixelAccuracy: Double? {
    let all = counts.reduce(0, +)
    return all == 0 ? nil : Double((0..<classes).reduce(0) { $0 + correctPixels($1) }) / Double(all)
  }

  private func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }
}
