import Foundation
import PACFiles

/// The index of weights that lie in several files, such as `model.safetensors.index.json`: which
/// file of the same folder holds which tensor.
///
/// Format: a JSON object whose `weight_map` has the names of tensors as keys, and file names as
/// values (Hugging Face, *Big models*). Everything else in it is ignored.
public struct WeightIndex: Sendable {
  /// One of the files.
  public struct Part: Sendable {
    /// Its path.
    public let path: String
    /// The names of the tensors that are read from it.
    public let names: Set<String>
  }

  /// The path of the index.
  public let path: String
  /// The files, by their names.
  public let parts: [Part]

  /// How file names of indices end.
  private static let ending = ".index.json"
  private static let mostBytes = 1 << 24
  /// As many descriptors are open at once.
  private static let mostParts = 256

  private struct Contents: Decodable {
    let files: [String: String]

    enum CodingKeys: String, CodingKey {
      case files = "weight_map"
    }
  }

  /// Whether a file begins like JSON, which no file of weights does.
  public static func recognizes(_ path: String) throws -> Bool {
    let file = try FileBytes(path)
    // The length at the beginning of .safetensors has zeros among its eight bytes.
    let start = try file.bytes(at: 0, count: min(file.count, 8))
    let first = start.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    return first == UInt8(ascii: "{") && !start.contains(0)
  }

  /// The index in a folder; nil if there is none.
  /// - Throws: `WeightFileError` if there are several.
  public static func find(in folder: String) throws -> String? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let found = names.filter { $0.hasSuffix(ending) && !$0.hasPrefix(".") }.sorted()
    guard found.count <= 1 else {
      throw WeightFileError(
        folder, "holds several indices of weights, \(listed(found))", advice: "name one of them")
    }
    return found.first.map { folder.hasSuffix("/") ? folder + $0 : "\(folder)/\($0)" }
  }

  /// Reads an index; the files that it names are not opened.
  /// - Throws: `WeightFileError` if it is no index, or names anything but files of its own folder.
  public init(reading path: String) throws {
    let file = try FileBytes(path)
    guard file.count <= Self.mostBytes else {
      throw WeightFileError(
        path, "an index of \(file.count) bytes, which no network needs",
        advice: "name a file of weights")
    }
    let bytes = try file.bytes(at: 0, count: file.count)
    guard let contents = try? JSONDecoder().decode(Contents.self, from: Data(bytes)),
      !contents.files.isEmpty
    else {
      throw WeightFileError(
        path, "JSON without a weight_map of tensors and their files",
        advice: "name a .pth or .safetensors file, or the index of weights in several files")
    }
    let folder =
      path.contains("/") ? String(path[...(path.lastIndex(of: "/") ?? path.startIndex)]) : ""
    let byFile = Dictionary(grouping: contents.files.keys) { contents.files[$0] ?? "" }
    if let wrong = byFile.keys.sorted().first(where: { !Self.isFileName($0) }) {
      throw WeightFileError(
        path, "names '\(shown(wrong))', which is not a file of its folder",
        advice: "download the weights again from a source that you trust")
    }
    guard byFile.count <= Self.mostParts else {
      throw WeightFileError(
        path, "names \(byFile.count) files, more than \(Self.mostParts)",
        advice: "store the weights in fewer files")
    }
    self.path = path
    parts = try byFile.sorted { $0.key < $1.key }.map { name, tensors in
      guard FileManager.default.fileExists(atPath: folder + name) else {
        throw WeightFileError(
          path, "its file \(shown(name)) is missing",
          advice: "copy all \(byFile.count) files into one folder")
      }
      return Part(path: folder + name, names: Set(tensors))
    }
  }

  /// Whether a text is the name of a file, and not a path that leads elsewhere.
  private static func isFileName(_ text: String) -> Bool {
    !["", ".", ".."].contains(text) && !text.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
  }
}
