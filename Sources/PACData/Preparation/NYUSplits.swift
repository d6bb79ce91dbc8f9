import PACFiles
import PACHDF5
import PACImageFiles

/// Which frames of NYU Depth V2 train and which test.
struct NYUSplits {
  /// The positions of the frames, from 0, by name of the split.
  let positions: [String: [Int]]

  /// Reads the chosen split.
  /// - Parameters:
  ///   - options: the dataset's own file, lists, or a number of frames to train on.
  ///   - source: the dataset, for messages.
  ///   - count: the number of its frames.
  /// - Throws: `DataError` or the error of a file if it cannot be read, names a frame twice or one
  ///   that does not exist, or if train and test share a frame.
  init(_ options: NYUOptions, source: String, count: Int) throws {
    var numbers: [String: [Int]] = [:]
    if let file = options.splits {
      for (split, variable) in [("train", "trainNdxs"), ("test", "testNdxs")] {
        numbers[split] = try Self.published(file, variable, count: count)
      }
    }
    for (split, file) in options.lists { numbers[split] = try Self.listed(file, count: count) }
    guard numbers.isEmpty else {
      try Self.requireApart(numbers)
      positions = numbers.mapValues { $0.map { $0 - 1 } }
      return
    }
    let trainCount = options.trainCount ?? (count * 1000 + 724) / 1449
    guard (0...count).contains(trainCount) else {
      throw DataError("\(source): cannot train on \(trainCount) of \(count) samples; choose fewer")
    }
    positions = ["train": Array(0..<trainCount), "test": Array(trainCount..<count)]
  }

  /// The frames of a variable of `splits.mat`, version 5 of MATLAB's format or, as HDF5, 7.3.
  private static func published(_ file: String, _ variable: String, count: Int) throws -> [Int] {
    let values: [Double]
    if HDF5File.recognizes(file) {
      values = try HDF5File(reading: file).root.dataset(variable).read(Double.self)
    } else {
      values = try MATLABFile.readNumbers(file, variable: variable)
    }
    var seen: Set<Int> = []
    return try values.map { value in
      guard let number = Int(exactly: value), (1...count).contains(number) else {
        throw DataError(
          "\(file), \(variable): no frame \(value); there are frames 1 to \(count)")
      }
      guard seen.insert(number).inserted else {
        throw DataError("\(file), \(variable): frame \(number) occurs twice; remove one")
      }
      return number
    }
  }

  /// The frames of a list: numbers from 1, one or more in a line.
  private static func listed(_ file: String, count: Int) throws(DataError) -> [Int] {
    let list = try ListFile(file)
    var seen: Set<Int> = []
    var numbers: [Int] = []
    for line in list.lines {
      for word in line.text.split(whereSeparator: { $0.isWhitespace || $0 == "," }) {
        guard let number = Int(word), (1...count).contains(number) else {
          throw list.error(line, "no frame \(shown(word)); there are frames 1 to \(count)")
        }
        guard seen.insert(number).inserted else {
          throw list.error(line, "frame \(number) is listed twice; remove one")
        }
        numbers.append(number)
      }
    }
    return numbers
  }

  /// Refuses a test on frames that were trained on.
  private static func requireApart(_ numbers: [String: [Int]]) throws(DataError) {
    let trained = Set(numbers["train"] ?? [])
    if let both = numbers["test"]?.first(where: trained.contains) {
      throw DataError("frame \(both) is both in train and in test; remove it from one")
    }
  }
}
