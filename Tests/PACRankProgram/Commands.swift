import ArgumentParser
import Glibc
import PACCommandLineTool
import PACDistributed
import PACKernels
import PACTensors

struct CommandError: Error, CustomStringConvertible {
  let description: String
}

func runCommand(_ arguments: [String], _ communicator: Communicator) throws {
  let numbers = arguments.dropFirst().compactMap { Int($0) }
  switch arguments.first {
  case "layout": layout(communicator)
  case "set-up": try setUp(arguments, communicator)
  case "collectives": try collectives(communicator)
  case "sum": try treeSum(Array(arguments.dropFirst()), communicator)
  case "step": try step(Array(arguments.dropFirst()), communicator)
  case "fail-within": try failWithin(numbers[0], communicator)
  case "fail": try fail(Set(numbers), communicator)
  case "throw": try leaveOthersWaiting(numbers[0], communicator)
  case "kill": try kill(numbers[0], communicator)
  case "watched": try watched(arguments, communicator)
  case "stop": if communicator.rank == numbers[0] { raise(SIGSTOP) }
  default: throw CommandError(description: "unknown command \(arguments)")
  }
}

/// Runs a ranked command like the program's own; its ranks end in the given way.
func runRanked(_ kind: String) throws {
  try withRanks { communicator in
    switch kind {
    case "agreed": try fail([1], communicator)
    case "alone": try fail([0], communicator)
    case "lonely": try leaveOthersWaiting(1, communicator)
    case "status": throw ExitCode(3)
    case "open-files": printOpenFiles()
    default: print("rank \(communicator.rank)")
    }
  }
}

/// Prints the soft limit of open files.
private func printOpenFiles() {
  var limit = rlimit()
  getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  print(limit.rlim_cur)
}

private func layout(_ communicator: Communicator) {
  print(
    communicator.rank, communicator.worldSize, communicator.localRank, communicator.ranksOnNode)
}

/// Prints what the process finds after its set-up, as `NAME=value` lines.
private func setUp(_ arguments: [String], _ communicator: Communicator) throws {
  try ProcessSetup.prepare(communicator)
  for name in arguments.dropFirst() {
    print("\(name)=\(getenv(name).map { String(cString: $0) } ?? "unset")")
  }
  print("threads=\(Threads.count)")
  print("core=\(OpenBLAS.core)")
  print("pid=\(getpid())")
  print("terminal=\(ProcessSetup.standardOutputIsTerminal)")
}

/// Prints what each operation returned on this rank.
private func collectives(_ communicator: Communicator) throws {
  let rank = communicator.rank
  let last = communicator.worldSize - 1
  try communicator.barrier()
  print(try communicator.broadcast("text of rank \(rank)", from: last))
  print(try communicator.broadcast((0..<rank + 7).map { UInt8($0) }, from: last))
  var tensor = Tensor([13], (0..<13).map { Float($0 * (rank + 1)) })
  let before = tensor
  try communicator.broadcast(&tensor, from: last)
  print(tensor.elements, before.elements == (0..<13).map { Float($0 * (rank + 1)) })
  print(try communicator.allGather((0..<rank).map { $0 * 10 + rank }))
  print(try communicator.allGather([Double](repeating: 0.1, count: last - rank)))
  print(try communicator.allGather(String(repeating: "é", count: rank)))
  print(try communicator.sum([1e16, Double(rank)].map { rank == last ? -$0 : $0 }))
  print(try communicator.together { rank + 1 })
}

/// The vector at `position`: a fixed pseudo-random one with widely varying magnitudes.
private func leaf(_ position: Int, count: Int) -> Tensor {
  var state = UInt64(position + 1) &* 0x9E37_79B9_7F4A_7C15
  return Tensor(
    [count],
    (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let mantissa = Float(Int32(truncatingIfNeeded: state >> 32)) / Float(Int32.max)
      return mantissa * exp2f(Float(state >> 20 & 31) - 16)
    })
}

/// `sum ORDER COUNT BOUND…`: rank r contributes the leaves from the r-th to the next bound, twice;
/// prints the bits of the sums.
///
/// The gradient arrives in parts of seven elements and buckets have five, so that parts span
/// buckets and buckets span parts.
private func treeSum(_ arguments: [String], _ communicator: Communicator) throws {
  let numbers = arguments.compactMap { Int($0) }
  let (count, bounds) = (numbers[0], numbers.dropFirst())
  let ranges = zip(bounds, bounds.dropFirst()).map { $0..<$1 }
  let reduction = GradientReduction(
    count: count, communicator: communicator,
    order: arguments[0] == "fastest" ? .fastest : .repeatable,
    bucketLength: 5)
  for round in 0..<2 {
    reduction.begin(ranges: ranges)
    for position in ranges[communicator.rank] {
      let buffer = reduction.beginSample()
      leaf(position, count: count).withUnsafeBufferPointer {
        for i in 0..<count { buffer.base[i] += $0[i] }
      }
      // From the end, and not all of them: the rest is complete with the sample.
      for start in stride(from: 7, to: count, by: 7).reversed() {
        try reduction.complete(start..<min(start + 7, count))
      }
      try reduction.endSample()
    }
    try reduction.finish()
    var totals = Tensor.zeros([count])
    try reduction.update(totals.writableBuffer()) { segment in
      for (i, gradient) in segment.gradients.enumerated() { segment.values[i] += gradient }
    }
    // A barrier must not wait for what is still in progress in the background.
    if round == 1 { try communicator.barrier() }
    // Some before the rest, as a forward pass reads them.
    for part in [count / 2..<count, 0..<count] { try reduction.receive(part) }
    print(totals.elements.map { String($0.bitPattern, radix: 16) }.joined(separator: " "))
    // What each rank owns, taken apart and put together again.
    let owned = reduction.owned(of: totals)
    var whole = Tensor.zeros([0])
    try reduction.gather(owned, into: &whole)
    print(
      !communicator.isRankZero || whole.elements == totals.elements,
      owned.count == reduction.ownedCount)
  }
}

/// Rank `failing` fails before its last sample; the other ranks must not wait for it.
private func failWithin(_ failing: Int, _ communicator: Communicator) throws {
  let reduction = GradientReduction(count: 40, communicator: communicator, bucketLength: 5)
  let ranges = (0..<communicator.worldSize).map { 3 * $0..<3 * $0 + 3 }
  reduction.begin(ranges: ranges)
  var failure: CommandError?
  for position in ranges[communicator.rank] {
    if communicator.rank == failing, position % 3 == 1 {
      failure = CommandError(description: "sample \(position) is damaged")
      break
    }
    _ = reduction.beginSample()
    try reduction.endSample()
  }
  try reduction.finish()
  try communicator.agree(on: failure)
}

/// The ranks `failing` throw an error; all ranks find out together.
private func fail(_ failing: Set<Int>, _ communicator: Communicator) throws {
  try communicator.together {
    guard failing.contains(communicator.rank) else { return }
    throw CommandError(description: "sample \(communicator.rank * 10) holds a NaN")
  }
}

/// One rank fails where the others do not check for errors: it must abort the job.
private func leaveOthersWaiting(_ failing: Int, _ communicator: Communicator) throws {
  guard communicator.rank != failing else { throw CommandError(description: "lost the thread") }
  try communicator.barrier()
}

/// One rank dies as if the machine ran out of memory, the others wait for it.
private func kill(_ victim: Int, _ communicator: Communicator) throws {
  try communicator.barrier()
  if communicator.rank == victim { raise(SIGKILL) }
  try communicator.barrier()
}

/// `watched TIMEOUT DELAY COMMAND…`: runs COMMAND under a watch that the last rank joins DELAY
/// seconds after the others; prints the ranks that are not watched.
private func watched(_ arguments: [String], _ communicator: Communicator) throws {
  let seconds = arguments[1...2].map { Duration.seconds(Double($0) ?? 0) }
  let isLast = communicator.rank == communicator.worldSize - 1
  let unwatched = try communicator.watch(
    timeout: seconds[0], connectingAfter: isLast ? seconds[1] : .zero)
  print("unwatched: \(unwatched)")
  try runCommand(Array(arguments.dropFirst(3)), communicator)
}
