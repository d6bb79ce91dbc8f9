import PACDistributed
import PACTensors

/// The times of all-reduces of one size.
public struct AllReduceResult: Sendable {
  /// The number of ranks.
  public let ranks: Int
  /// The number of floats of each rank's vector.
  public let floats: Int
  /// `GradientReduction` in the repeatable order with one vector per rank: seconds of the slowest
  /// rank (median).
  public let repeatable: Double
  /// The same in MPI's order.
  public let fastest: Double
  /// `MPI_Allreduce` on the same buffer.
  public let mpi: Double
  /// The median of `repeatable` ÷ `mpi`, measured one after the other.
  public let ratio: Double

  /// The bandwidth of `repeatable`, counting the bytes that each of R ranks must send at least:
  /// 2 · 4 · floats · (R − 1) / R.
  public var bytesPerSecond: Double {
    8 * Double(floats) * Double(ranks - 1) / Double(ranks) / repeatable
  }
}

/// Measures all-reduces without any other work, next to MPI's own; all ranks call it together.
/// - Parameters:
///   - count: the length of each rank's vector.
///   - communicator: the ranks.
///   - repetitions: timed runs of each kind, which alternate, after one untimed run.
/// - Returns: medians, the same on every rank.
/// - Throws: `BenchmarkFailure` if a sum is wrong, `DistributedError`.
public func measureAllReduce(
  count: Int, communicator: Communicator, repetitions: Int
) throws -> AllReduceResult {
  let repeatable = GradientReduction(count: count, communicator: communicator)
  let fastest = GradientReduction(count: count, communicator: communicator, order: .fastest)
  let vector = FlatBuffer(zeros: count)
  let value = Float(communicator.rank + 1)
  let expected = Float((0..<communicator.worldSize).reduce(0) { $0 + $1 + 1 })
  var times: [[Double]] = [[], [], []]
  for repetition in 0...repetitions {
    let round = [
      try sum(with: repeatable, of: value, expected, communicator),
      try sum(with: fastest, of: value, expected, communicator),
      try sumByMPI(vector, of: value, expected, communicator),
    ]
    guard repetition > 0 else { continue }
    for kind in 0..<3 { times[kind].append(round[kind]) }
  }
  return AllReduceResult(
    ranks: communicator.worldSize, floats: count, repeatable: median(times[0]),
    fastest: median(times[1]), mpi: median(times[2]),
    ratio: median(zip(times[0], times[2]).map { $0 / $1 }))
}

/// A wrong result that a measurement has found.
public struct BenchmarkFailure: Error, CustomStringConvertible {
  /// One line.
  public let description: String
}

/// The seconds that `body` takes on the slowest rank, after a barrier.
private func slowest(_ communicator: Communicator, _ body: () throws -> Void) throws -> Double {
  try communicator.barrier()
  return try communicator.allGather([try seconds(body)]).reduce(0) { max($0, $1[0]) }
}

/// An all-reduce in place: the optimizer does nothing, so the parameters are the gradient sums.
private func sum(
  with reduction: GradientReduction, of value: Float, _ expected: Float,
  _ communicator: Communicator
) throws -> Double {
  reduction.begin(ranges: (0..<communicator.worldSize).map { $0..<$0 + 1 })
  let vector = reduction.beginSample()
  vector.base.update(repeating: value, count: vector.count)
  let time = try slowest(communicator) {
    try reduction.endSample()
    try reduction.finish()
    try reduction.update(vector) { _ in }
    try reduction.receive(0..<vector.count)
  }
  try require(expected, vector)
  return time
}

private func sumByMPI(
  _ vector: FlatBuffer, of value: Float, _ expected: Float, _ communicator: Communicator
) throws -> Double {
  let elements = UnsafeMutableBufferPointer(start: vector.base, count: vector.count)
  elements.update(repeating: value)
  let time = try slowest(communicator) { try communicator.allReduce(elements) }
  try require(expected, vector)
  return time
}

private func require(_ expected: Float, _ vector: FlatBuffer) throws {
  let elements = UnsafeBufferPointer(start: vector.base, count: vector.count)
  guard elements.allSatisfy({ $0 == expected }) else {
    throw BenchmarkFailure(description: "the all-reduce of \(vector.count) floats is wrong")
  }
}
