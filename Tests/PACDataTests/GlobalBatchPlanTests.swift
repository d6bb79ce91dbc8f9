import PACData
import Testing

@Suite("Sharding")
struct GlobalBatchPlanTests {
  @Test("every position is visited once, in order, for every number of ranks")
  func coverage() throws {
    for sampleCount in 1...13 {
      for globalBatchSize in 1...15 {
        for worldSize in 1...min(sampleCount, globalBatchSize) {
          let plan = try GlobalBatchPlan(
            sampleCount: sampleCount, globalBatchSize: globalBatchSize, worldSize: worldSize,
            source: "x")
          var visited: [Int] = []
          for step in 0..<plan.stepsPerEpoch {
            let batch = plan.globalBatch(step: step)
            #expect(batch.count == globalBatchSize || step == plan.stepsPerEpoch - 1)
            for rank in 0..<worldSize {
              let shard = plan.shard(step: step, rank: rank)
              #expect(abs(shard.count * worldSize - batch.count) < worldSize)
              visited += shard
            }
          }
          #expect(visited == Array(0..<sampleCount))
        }
      }
    }
  }

  @Test("a known division")
  func known() throws {
    let plan = try GlobalBatchPlan(
      sampleCount: 10, globalBatchSize: 8, worldSize: 3, source: "x")
    #expect(plan.stepsPerEpoch == 2)
    #expect((0..<3).map { plan.shard(step: 0, rank: $0) } == [0..<2, 2..<5, 5..<8])
    #expect((0..<3).map { plan.shard(step: 1, rank: $0) } == [8..<8, 8..<9, 9..<10])
    #expect(evaluationShard(sampleCount: 10, rank: 1, worldSize: 3) == 3..<6)
  }

  @Test("what cannot be shared is refused in one line")
  func errors() {
    let source = "mini.h5, split train"
    func plan(_ samples: Int, _ batch: Int, _ ranks: Int) throws {
      _ = try GlobalBatchPlan(
        sampleCount: samples, globalBatchSize: batch, worldSize: ranks, source: source)
    }
    #expect(
      throws: DataError(
        "mini.h5, split train: no samples; choose another split or prepare the dataset again")
    ) { try plan(0, 4, 1) }
    #expect(
      throws: DataError(
        "mini.h5, split train: 3 samples cannot be shared among 4 ranks; start at most 3 ranks")
    ) { try plan(3, 4, 4) }
    #expect(
      throws: DataError(
        "global-batch: 1 sample cannot be shared among 2 ranks; "
          + "set it to at least 2 or start at most 1 rank")
    ) { try plan(3, 1, 2) }
    #expect(throws: DataError("global-batch: 0 is not a positive number")) {
      try plan(3, 0, 1)
    }
    #expect(
      (0..<2).map { evaluationShard(sampleCount: 1, rank: $0, worldSize: 2).count } == [0, 1])
  }
}
