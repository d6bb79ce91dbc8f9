// A program for the tests: ReaderProgram FORMAT MEBIBYTES FOLDER FROM TO reads FOLDER/intact and
// then the files FROM ..< TO.

import Foundation
import Glibc
import PACCheckpoints
import PACData
import PACHDF5
import PACImageFiles
import PACWeightFiles

/// What each format is read by; a new format is one line here and one in DamagedFilesTests.
let readers: [String: (String) throws -> Void] = [
  "weights": { path in
    let file = try WeightFile(reading: path)
    for entry in file.entries where entry.type.isFloatingPoint { _ = try file.tensor(entry) }
  },
  "checkpoint": { _ = try Checkpoint(reading: $0) },
  "flo": { _ = try FlowField(contentsOf: $0) },
  "sbd": { _ = try MATLABFile.readMatrix($0, variable: "GTcls", field: "Segmentation") },
  "npy": { _ = try NumPyArray(contentsOf: $0) },
  "image": { _ = try Raster(contentsOf: $0) },
  "palette": { _ = try PNG.read($0, palette: .indices) },
  "nyu": { try prepareNYU(from: $0, to: "\($0).out") },
  "hdf5": { path in
    let root = try HDF5File(reading: path).root
    for name in try root.attributeNames() { _ = try root.string(attribute: name) }
    for name in try root.datasetPaths() {
      let dataset = try root.dataset(name)
      if dataset.elementType == .string {
        _ = try dataset.readStrings()
      } else {
        _ = try dataset.read(Float.self)
      }
    }
  },
  // For the test of the harness.
  "crash": { path in if !path.hasSuffix("intact") { fatalError("on purpose") } },
  "memory": { path in
    guard !path.hasSuffix("intact") else { return }
    let bytes = [UInt8](repeating: 1, count: 1 << 30 + path.utf8.count)
    report("\(bytes.reduce(0) { $0 &+ $1 })")
  },
  "lines": { path in
    if !path.hasSuffix("intact") { throw TwoLines(path: path) }
  },
  "nameless": { path in
    if !path.hasSuffix("intact") { throw DataError("nothing named") }
  },
  "dataset": { path in
    let reader = try DatasetReader(path)
    for index in 0..<reader.count { _ = try reader.read(index) }
  },
]

/// What the readers' own errors do not allow.
struct TwoLines: Error, CustomStringConvertible {
  let path: String

  var description: String { "\(path): two\nlines" }
}

/// Lets this process allocate so much more than it has now.
func limitMemory(mebibytes: Int) throws {
  let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
  let pages = text.split(separator: " ").first.flatMap { Int($0) } ?? 0
  let bytes = rlim_t(pages * sysconf(Int32(_SC_PAGESIZE)) + mebibytes << 20)
  var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
  guard setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else {
    throw CocoaError(.featureUnsupported)
  }
}

/// Written at once: what a crash would keep in a buffer is needed.
func report(_ line: String) {
  let bytes = Array("\(line)\n".utf8)
  _ = write(STDOUT_FILENO, bytes, bytes.count)
}

FirstLook.serveIfAsked()
let arguments = CommandLine.arguments
guard arguments.count == 6, let read = readers[arguments[1]], let mebibytes = Int(arguments[2]),
  let from = Int(arguments[4]), let to = Int(arguments[5])
else { fatalError("usage: ReaderProgram FORMAT MEBIBYTES FOLDER FROM TO, not \(arguments)") }
var noCoreFile = rlimit(rlim_cur: 0, rlim_max: 0)
setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &noCoreFile)
try read("\(arguments[3])/intact")
try limitMemory(mebibytes: mebibytes)
for number in from..<to {
  do {
    try read("\(arguments[3])/\(number)")
    report("\(number) read")
  } catch {
    let text = "\(error)"
    report("\(number) \(text.contains { $0.isNewline } ? "several lines" : "refused"): \(text)")
  }
}
// Not `exit`: there OpenBLAS joins its threads, which the limit may have kept from starting.
_exit(0)
