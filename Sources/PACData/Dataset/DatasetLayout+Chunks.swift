extension DatasetLayout {
  /// Says that chunks hold several samples, all of which reading one of them may take, and how to
  /// rewrite the file.
  ///
  /// Arrays without chunks need no rewriting: a sample lies in one piece and is read alone.
  /// - Parameters:
  ///   - storage: the fields.
  ///   - path: the file.
  /// - Returns: one line; nil if a chunk holds one sample of a field, or is smaller.
  static func remark(on storage: [SceneField: FieldStorage], _ path: String) -> String? {
    var together: [(field: SceneField, samples: Int, shape: [Int])] = []
    for field in SceneField.allCases {
      guard case .array(let dataset)? = storage[field], let chunk = dataset.chunk else { continue }
      let shape = dataset.shape
      let samples = min(chunk[0], shape[0])
      if samples > 1 { together.append((field, samples, shape)) }
    }
    guard let most = together.map(\.samples).max() else { return nil }
    let layouts = together.map { field, _, shape in
      let extents = ([1] + shape.dropFirst()).map(String.init).joined(separator: "x")
      return "-l \(field.path):CHUNK=\(extents)"
    }
    let names = together.map(\.field.path).joined(separator: ", ")
    return
      "\(path): a chunk of \(names) holds \(most) samples, so that reading one of them may take "
      + "the time and memory of all; rewrite it: h5repack \(layouts.joined(separator: " ")) "
      + "\(path) NEW.h5"
  }
}
