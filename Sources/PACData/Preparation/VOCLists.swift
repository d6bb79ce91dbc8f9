import Foundation

/// Assigns images to the splits of Pascal VOC 2012, SBD and the user's lists
/// (docs/mathematics.md#splits).
struct VOCLists {
  /// The identifiers of every split, in the order of the lists.
  private(set) var splits: [String: [String]]

  /// Derives the splits.
  /// - Parameters:
  ///   - voc: those of VOC 2012's lists `train`, `val`, `trainval` and `test` that exist.
  ///   - sbd: the training and the validation part of SBD; nil without it.
  ///   - others: lists by name, such as `train11` and `val11`.
  init(
    voc: [String: [String]], sbd: (train: [String], val: [String])?, others: [String: [String]]
  ) {
    var splits = voc.merging(others) { _, other in other }
    for year in ["", "11"] where splits["trainval\(year)"] == nil {
      if let train = splits["train\(year)"], let val = splits["val\(year)"] {
        splits["trainval\(year)"] = train + (val - train)
      }
    }
    if let sbd {
      let all = sbd.train + (sbd.val - sbd.train)
      if let train = splits["train"], let val = splits["val"] {
        splits["train_aug"] = train + (all - train - val)
      }
      if let trainval = splits["trainval"] { splits["trainval_aug"] = trainval + (all - trainval) }
      if let train11 = splits["train11"] {
        splits["train11_sbd"] = train11 + (sbd.train - train11)
      }
      if let val11 = splits["val11"] { splits["val11_sbd"] = val11 - sbd.train }
    }
    self.splits = splits.filter { !$0.value.isEmpty }
  }

  /// All identifiers, sorted and without repetition.
  var identifiers: [String] { Set(splits.values.joined()).sorted() }

  /// The identifiers with published labels, which excludes the test set.
  var labelled: Set<String> {
    Set(splits.filter { $0.key != "test" }.values.joined())
  }

  /// Reads a list with one identifier at the beginning of each line.
  /// - Throws: `DataError` if the file cannot be read, is empty, or names an image twice.
  static func read(_ path: String) throws(DataError) -> [String] {
    let identifiers = String(decoding: try fileBytes(path), as: UTF8.self).split(
      whereSeparator: \.isNewline
    )
    .compactMap { $0.split(whereSeparator: \.isWhitespace).first.map(String.init) }
    var seen: Set<String> = []
    for (number, identifier) in identifiers.enumerated() {
      guard seen.insert(identifier).inserted else {
        throw DataError("\(path), entry \(number + 1): \(identifier) is listed twice; remove one")
      }
      guard !identifier.contains("/") else {
        throw DataError(
          "\(path), entry \(number + 1): '\(identifier)' is no identifier such as 2007_000033")
      }
    }
    guard !identifiers.isEmpty else { throw DataError("\(path): the list is empty") }
    return identifiers
  }
}

/// The elements of a list that are not in another, in their order.
private func - (list: [String], other: [String]) -> [String] {
  let other = Set(other)
  return list.filter { !other.contains($0) }
}
