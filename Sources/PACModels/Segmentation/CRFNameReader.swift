import PACLayers

/// Parses what follows the backbone in a name.
struct CRFNameReader {
  struct Fault: Error { let problem: String }

  private var rest: Substring

  private init(_ rest: Substring) { self.rest = rest }

  /// Today's spelling of a name: some published names begin with `crfv7` and `convcrfv1`.
  static func today(_ text: Substring) -> Substring {
    if text == "convcrfv1" { return "convcrf" }
    return text.hasPrefix("crfv7") ? "crf" + text.dropFirst(5) : text
  }

  static func refinement(_ text: Substring) throws(Fault) -> SegmentationModelName.Refinement {
    if text == "convcrf" { return .convolutional }
    if text.hasPrefix("crf") {
      var reader = CRFNameReader(text.dropFirst(3))
      return try reader.pacCRF()
    }
    if text.hasPrefix("bclcrf") {
      var reader = CRFNameReader(text.dropFirst(6))
      return .lattice(try reader.latticeCRF())
    }
    guard text.hasPrefix("fullcrf") else {
      throw Fault(problem: "'\(text)' does not begin with crf, convcrf, fullcrf or bclcrf")
    }
    var reader = CRFNameReader(text.dropFirst(7))
    return .fullyConnected(try reader.fullyConnectedCRF())
  }

  private mutating func pacCRF() throws(Fault) -> SegmentationModelName.Refinement {
    let steps = try takeSteps()
    let loose = steps != nil && take("l")
    if rest.isEmpty { rest = "p4d5161" }
    var kernels: [PairwiseKernel] = []
    while !rest.isEmpty {
      guard take("p") else {
        throw Fault(problem: "expected 'p', a pairwise term, found '\(rest)'")
      }
      kernels.append(try kernel())
    }
    return .pac(steps: steps ?? 5, loose: loose, kernels: kernels)
  }

  private mutating func fullyConnectedCRF() throws(Fault) -> FullyConnectedCRFOptions {
    var options = FullyConnectedCRFOptions()
    if let steps = try takeSteps() { options.numSteps = steps }
    if let term = try takeAppearance() {
      options.appearanceWeight = term[0]
      (options.appearanceDistance, options.appearanceColor) = (term[1], term[2])
    }
    if let term = try takeSmoothness() {
      (options.smoothnessWeight, options.smoothnessDistance) = (term[0], term[1])
    }
    guard rest.isEmpty else {
      throw Fault(problem: "expected 'a' or 's', in this order, found '\(rest)'")
    }
    return options
  }

  private mutating func latticeCRF() throws(Fault) -> SegmentationModelName.LatticeRefinement {
    var crf = SegmentationModelName.LatticeRefinement()
    if let steps = try takeSteps() {
      crf.steps = steps
      crf.loose = take("l")
    }
    if take("n") { crf.neighborhood = try number("the digits of the neighbourhood after 'n'") }
    if let term = try takeAppearance() {
      crf.appearanceWeight = term[0]
      (crf.appearanceDistance, crf.appearanceColor) = (term[1], term[2])
    }
    if let term = try takeSmoothness() {
      (crf.smoothnessWeight, crf.smoothnessDistance) = (term[0], term[1])
    }
    guard rest.isEmpty else {
      throw Fault(problem: "expected 'n', 'a' or 's', in this order, found '\(rest)'")
    }
    return crf
  }

  private mutating func takeAppearance() throws(Fault) -> [Float]? {
    try takeTerm("a", "{weight}-{distance}-{colour}")
  }

  private mutating func takeSmoothness() throws(Fault) -> [Float]? {
    try takeTerm("s", "{weight}-{distance}")
  }

  /// Reads a letter with a weight and widths; nil if the letter does not follow.
  private mutating func takeTerm(_ letter: Character, _ form: String) throws(Fault) -> [Float]? {
    guard take(letter) else { return nil }
    let text = rest.prefix { $0.isASCII && ($0.isNumber || ".-".contains($0)) }
    rest = rest.dropFirst(text.count)
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Float($0) }
    guard parts.count == form.split(separator: "-").count, numbers.count == parts.count,
      numbers.allSatisfy(\.isFinite)
    else { throw Fault(problem: "'\(text)' after '\(letter)' is not \(form)") }
    guard !numbers.dropFirst().contains(0) else {
      throw Fault(problem: "a width of 0 in '\(letter)\(text)'; it must be above 0")
    }
    return numbers
  }

  private mutating func takeSteps() throws(Fault) -> Int? {
    guard take("i") else { return nil }
    let steps = try number("the steps after 'i'")
    guard steps > 0 else { throw Fault(problem: "0 steps; at least 1 is needed") }
    return steps
  }

  private mutating func kernel() throws(Fault) -> PairwiseKernel {
    let term = "p\(rest.prefix { $0 != "p" })"
    let compat = String(rest.prefix(2))
    let types: [String: CompatibilityType] = [
      "4d": .filter4d, "2d": .matrix2d, "0d": .potts, "na": .notAdaptive,
    ]
    guard let type = types[compat] else {
      throw Fault(problem: "no compatibility '\(compat)' in '\(term)'")
    }
    rest = rest.dropFirst(2)
    let hasFilter = take("s")
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    rest = rest.dropFirst(digits.count)
    let tail = rest.prefix { $0 != "p" }
    guard tail.isEmpty else { throw Fault(problem: "unknown letters '\(tail)' in '\(term)'") }
    guard digits.count >= 3, let size = digits.first?.wholeNumberValue,
      let dilation = Int(digits.dropFirst().dropLast()), let blur = digits.last?.wholeNumberValue
    else {
      throw Fault(problem: "'\(digits)' in '\(term)' is not {k}{dilation}{blur}")
    }
    guard !size.isMultiple(of: 2) else {
      throw Fault(problem: "a kernel of \(size)×\(size) in '\(term)'; k must be odd")
    }
    guard dilation > 0 else {
      throw Fault(problem: "dilation 0 in '\(term)'; at least 1 is needed")
    }
    guard blur > 0 else { throw Fault(problem: "blur 0 in '\(term)'; 1 means none") }
    return PairwiseKernel(
      kernelSize: Pair(size), dilation: Pair(dilation), blur: blur, compatType: type,
      spatialFilter: hasFilter)
  }

  private mutating func take(_ letter: Character) -> Bool {
    guard rest.first == letter else { return false }
    rest = rest.dropFirst()
    return true
  }

  private mutating func number(_ what: String) throws(Fault) -> Int {
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits) else { throw Fault(problem: "\(what) are missing") }
    rest = rest.dropFirst(digits.count)
    return number
  }
}
