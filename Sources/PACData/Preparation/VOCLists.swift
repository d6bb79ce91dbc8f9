/// Assigns images to the splits of Pascal VOC 2012, SBD and the user's lists
/// (docs/mathematics.md#splits).
struct VOCLists {
  /// The identifiers of every split, in the order of the lists.
  private(set) var splits: [String: [String]]
  /// The label files that lists name, below VOC2012, by identifier.
  let labelFiles: [String: String]

  /// Derives the splits.
  /// - Parameters:
  ///   - voc: those of VOC 2012's lists `train`, `val`, `trainval` and `test` that exist, and
  ///     `train_aug` and `trainval_aug` if they lie beside them.
  ///   - sbd: the training and the validation part of SBD; nil without it.
  ///   - others: lists by name, such as `train11` and `val11`.
  /// - Throws: `DataError` if two lists name different labels of an image.
  init(
    voc: [String: VOCList], sbd: (train: [String], val: [String])?, others: [String: VOCList]
  ) throws(DataError) {
    let lists = voc.merging(others) { _, other in other }
    var splits = lists.mapValues(\.identifiers)
    for (train, val) in [("train", "val"), ("train11", "val11"), ("train_aug", "val")] {
      let both = train.replacing("train", with: "trainval")
      if splits[both] == nil, let train = splits[train], let val = splits[val] {
        splits[both] = train + (val - train)
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
    labelFiles = try Self.labelFiles(of: lists)
  }

  private static func labelFiles(of lists: [String: VOCList]) throws(DataError) -> [String: String]
  {
    var files: [String: String] = [:]
    for (name, list) in lists.sorted(by: { $0.key < $1.key }) {
      for (identifier, file) in list.labelFiles {
        guard let other = files.updateValue(file, forKey: identifier), other != file else {
          continue
        }
        throw DataError(
          "list \(name): names \(file) for \(identifier), but another list names \(other); "
            + "use the same labels in both")
      }
    }
    return files
  }

  /// All identifiers, sorted and without repetition.
  var identifiers: [String] { Set(splits.values.joined()).sorted() }

  /// The identifiers with published labels, which excludes the test set.
  var labelled: Set<String> {
    Set(splits.filter { $0.key != "test" }.values.joined())
  }
}

/// The elements of a list that are not in another, in their order.
private func - (list: [String], other: [String]) -> [String] {
  let other = Set(other)
  return list.filter { !other.contains($0) }
}
