/// How the numbers in label files become class numbers.
public struct LabelNumbers: Sendable, Equatable {
  /// Numbers that stand for no label, besides 255.
  public var ignored: Set<Int>
  /// Whether 0 stands for no label, and class 0 is stored as 1; 255 stays no label.
  public var reducesZero: Bool

  /// Chooses how numbers become classes; by default they are the classes.
  public init(ignored: Set<Int> = [], reducesZero: Bool = false) {
    self.ignored = ignored
    self.reducesZero = reducesZero
  }

  /// Whether numbers stay as they are.
  var isIdentity: Bool { ignored.isEmpty && !reducesZero }

  /// The class that a number in a file stands for; 255 = not labelled.
  func label(of number: Int) -> Int {
    let none = Int(SceneField.unlabelled)
    if number == none || ignored.contains(number) || (reducesZero && number == 0) { return none }
    let label = reducesZero ? number - 1 : number
    // A class that would be taken for no label is one too many.
    return label == none ? none + 1 : label
  }

  /// `labels are 0 to 4, and 255 for none`: what files of so many classes may hold.
  func allowed(classes: Int) -> String {
    let first = reducesZero ? 1 : 0
    let none = (ignored.union(reducesZero ? [0] : []).sorted() + [Int(SceneField.unlabelled)])
    return "labels are \(first) to \(classes - 1 + first), and "
      + none.map(String.init).joined(separator: ", ") + " for none"
  }
}
