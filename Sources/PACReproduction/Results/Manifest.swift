import Foundation

/// What a table was computed from and with, so that someone else can check for the same bits.
public struct Manifest: Codable, Sendable, Equatable {
  /// The dataset.
  public struct Dataset: Codable, Sendable, Equatable {
    /// Its checksum, see `DatasetReader.fingerprint`.
    public var checksum: String
    /// The published collection that it is part of; empty if none.
    public var collection: String
    /// The number of its samples.
    public var samples: Int
  }

  /// A training run.
  public struct Training: Codable, Sendable, Equatable {
    /// Every key that decides what it computes, except paths.
    public var settings: [String: String]
    /// The checksum of the weights of its backbone; nil without a file of these.
    public var backbone: String?
    /// The finished epochs.
    public var epochs: Int
    /// The optimizer steps.
    public var steps: Int
  }

  /// A network of the table.
  public struct Network: Codable, Sendable, Equatable {
    /// Every key that decides what is evaluated, except paths.
    public var settings: [String: String]
    /// The checksum of its parameters; nil without parameters.
    public var weights: String?
    /// The checksum of the weights of its backbone; nil without a file of these.
    public var backbone: String?
    /// The metrics on the test split.
    public var metrics: [String: Double]
    /// The number of test samples.
    public var samples: Int
    /// Why there is no result; nil if there is one.
    public var problem: String?
  }

  /// What must be equal for equal tables.
  public struct Results: Codable, Sendable, Equatable {
    /// The dataset.
    public var dataset: Dataset
    /// The trainings by name.
    public var trainings: [String: Training]
    /// The networks by name.
    public var networks: [String: Network]
  }

  /// What a rank computed with.
  public struct Machine: Codable, Sendable, Equatable {
    /// The threads of each rank.
    public var threads: Int
    /// The type of processor.
    public var processor: String
    /// OpenBLAS's kernels and the instruction sets of the program.
    public var instructions: String
  }

  /// What may explain different results.
  public struct Circumstances: Codable, Sendable, Equatable {
    /// The program's version.
    public var program: String
    /// The checksum of the program's file.
    public var programChecksum: String
    /// The ranks of each training; they do not change its result.
    public var ranks: Int
    /// The threads of each rank, and the host that evaluated.
    public var machine: Machine
    /// What rank 0 of each training computed with.
    public var trainings: [String: Machine]
  }

  /// The format of the file.
  public private(set) var format = Self.formatName
  /// The name of the table.
  public var table: String
  /// What must be equal for equal tables.
  public var results: Results
  /// What may explain different results.
  public var circumstances: Circumstances
  /// The files of the weights, by network.
  public var files: [String: String]
  /// The seconds of each training, evaluation and so on, over all calls.
  public var seconds: [String: Double]

  private static let formatName = "PixelAdaptive manifest 1"

  /// Describes a table.
  public init(
    table: String, results: Results, circumstances: Circumstances, files: [String: String],
    seconds: [String: Double]
  ) {
    self.table = table
    self.results = results
    self.circumstances = circumstances
    self.files = files
    self.seconds = seconds
  }

  /// Reads a manifest.
  /// - Throws: `ReproductionError` if the file is none.
  public init(reading path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ReproductionError("\(path): cannot read the file; name a manifest.json")
    }
    guard let manifest = try? JSONDecoder().decode(Manifest.self, from: data),
      manifest.format == Self.formatName
    else {
      throw ReproductionError(
        "\(path): not a manifest that this program knows; name a manifest.json of Launch/reproduce")
    }
    self = manifest
  }

  /// The manifest as JSON with sorted keys.
  var text: String {
    get throws { String(decoding: try encoded(self), as: UTF8.self) + "\n" }
  }

  /// What differs between two manifests.
  public struct Differences: Sendable, Equatable {
    /// The results that differ: `networks/x8_DJIF/metrics/rmse: 5.2, there 5.1`.
    public let results: [String]
    /// The circumstances that differ, in the same form.
    public let circumstances: [String]
  }

  /// Compares two manifests, but not their times and paths.
  public func differences(from other: Manifest) throws -> Differences {
    func facts(_ value: some Encodable) throws -> [String: String] {
      flattened(try JSONSerialization.jsonObject(with: try encoded(value)), "")
    }
    func lines(_ own: some Encodable, _ other: some Encodable) throws -> [String] {
      let (own, other) = try (facts(own), facts(other))
      return Set(own.keys).union(other.keys).sorted().compactMap { key in
        own[key] == other[key]
          ? nil : "\(key): \(own[key] ?? "missing"), there \(other[key] ?? "missing")"
      }
    }
    return Differences(
      results: try lines(results, other.results)
        + (table == other.table
          ? [] : ["table: \(table), there \(other.table)"]),
      circumstances: try lines(circumstances, other.circumstances))
  }
}

/// Every value in nested objects, by the names of the objects that lead to it.
private func flattened(_ value: Any, _ place: String) -> [String: String] {
  guard let object = value as? [String: Any] else { return [place: "\(value)"] }
  return object.reduce(into: [:]) { facts, member in
    let inner = place.isEmpty ? member.key : "\(place)/\(member.key)"
    facts.merge(flattened(member.value, inner)) { first, _ in first }
  }
}
