import Foundation
import PACHDF5

/// The target that the environment names.
private let target: FuzzTarget = {
  let name = ProcessInfo.processInfo.environment["PAC_FUZZ_TARGET"] ?? ""
  guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
    fatalError("PAC_FUZZ_TARGET is '\(name)', none of \(FuzzTarget.all.map(\.name))")
  }
  return target
}()

/// Called by libFuzzer before the first run: lists the targets, or writes the seeds of one, if the
/// environment asks for it.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutableRawPointer
) -> CInt {
  FirstLook.serveIfAsked()
  let environment = ProcessInfo.processInfo.environment
  if environment["PAC_FUZZ_LIST"] != nil {
    for target in FuzzTarget.all { print(target.name) }
    exit(0)
  }
  if let folder = environment["PAC_FUZZ_SEEDS"] {
    do {
      for (number, seed) in try target.seeds().enumerated() {
        try Data(seed).write(to: URL(fileURLWithPath: "\(folder)/seed-\(number)"))
      }
    } catch {
      fatalError("no seeds: \(error)")
    }
    exit(0)
  }
  return 0
}

/// Called by libFuzzer for each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafeRawPointer?, _ size: Int) -> CInt {
  do {
    try target.read(Input(bytes: UnsafeRawBufferPointer(start: data, count: size)))
  } catch {
    Input.check(error)
  }
  return 0
}

/// Called by libFuzzer to make a new input of an old one in place.
@_cdecl("LLVMFuzzerCustomMutator")
public func customMutator(
  _ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ largest: Int, _ seed: UInt32
) -> Int {
  var random = SeededGenerator(seed: UInt64(seed))
  var count = size
  if let change = target.change, Int.random(in: 0..<4, using: &random) > 0 {
    var bytes = Array(UnsafeBufferPointer(start: data, count: size))
    change(&bytes, largest, &random)
    count = put(bytes, data, largest)
  } else {
    count = libFuzzerMutate(data, size, largest)
  }
  guard let repair = target.repair else { return count }
  var bytes = Array(UnsafeBufferPointer(start: data, count: count))
  repair(&bytes)
  return put(bytes, data, largest)
}

private func put(_ bytes: [UInt8], _ data: UnsafeMutablePointer<UInt8>, _ largest: Int) -> Int {
  let count = min(bytes.count, largest)
  bytes.withUnsafeBufferPointer { source in
    if let base = source.baseAddress { data.update(from: base, count: count) }
  }
  return count
}

// libFuzzer comes without a header; a function of plain numbers is called alike in C and Swift.
@_silgen_name("LLVMFuzzerMutate")
private func libFuzzerMutate(
  _ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ largest: Int
) -> Int
