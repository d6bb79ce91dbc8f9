import PACImageFiles

/// The classes of a dataset, and by which colours label files may name them.
struct LabelClasses {
  /// The number of classes.
  let count: Int
  /// What the numbers in files stand for.
  let numbering: LabelNumbers
  /// The class of each stated colour, and 255 of the colour that stands for no label; colours that
  /// two classes share are left out.
  private let numbers: [PNG.Color: UInt8]
  /// The colours of the class numbers that the dataset states.
  private let stated: [Int: PNG.Color]

  /// Describes classes.
  /// - Parameters:
  ///   - count: the number of classes.
  ///   - stated: the colours that the dataset states, by class; those of a default do not count.
  ///   - numbering: what the numbers in files stand for.
  init(count: Int, stated: [Int: PNG.Color], numbers numbering: LabelNumbers = LabelNumbers()) {
    self.count = count
    self.numbering = numbering
    self.stated = stated
    let classes = stated.filter { $0.key < count }
    let void = ClassColors.standard[Int(SceneField.unlabelled)]
    var numbers = [void: SceneField.unlabelled]
    for (color, owners) in Dictionary(grouping: classes, by: \.value) {
      numbers[color] = owners.count == 1 ? UInt8(owners[0].key) : nil
    }
    self.numbers = classes.isEmpty ? [:] : numbers
  }

  /// Pascal VOC's.
  static let pascalVOC = LabelClasses(
    count: PascalVOC.classNames.count,
    stated: Dictionary(
      uniqueKeysWithValues: ClassColors.standard.prefix(PascalVOC.classNames.count).enumerated()
        .map { ($0, $1) }))

  /// The class numbers of colours: 255 where there is no label, nil for a colour of no class.
  func number(of color: PNG.Color) -> UInt8? { numbers[color] }

  /// Whether any class has a colour to be known by.
  var haveColors: Bool { !numbers.isEmpty }

  /// Whether indices of a palette are class numbers: it is the dataset's in its order, or one that
  /// only stands for numbers, the standard one or levels of grey.
  /// - Parameters:
  ///   - palette: the colours of a label file.
  ///   - used: the indices of its pixels.
  /// - Returns: whether they are; true if the classes have no colours.
  func haveOrder(of palette: [PNG.Color], used: Set<Int>) -> Bool {
    guard haveColors else { return true }
    func every(_ isRight: (Int, PNG.Color) -> Bool) -> Bool {
      used.allSatisfy { $0 < palette.count && isRight($0, palette[$0]) }
    }
    let isOwn = every { index, color in
      let label = numbering.label(of: index)
      return stated[label].map { $0 == color }
        ?? [nil, UInt8(clamping: label)].contains(numbers[color])
    }
    if isOwn { return true }
    // Another order of the dataset's own colours stands for other numbers.
    if every({ _, color in numbers[color] != nil }) { return false }
    return every { index, color in color == ClassColors.standard[index] }
      || every { index, color in color == PNG.Color(UInt8(index), UInt8(index), UInt8(index)) }
  }
}
