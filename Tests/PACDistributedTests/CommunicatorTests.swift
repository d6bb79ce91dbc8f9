import PACDistributed
import PACTensors
import Testing

@Suite struct WorldOfOneTests {
  private struct SampleError: Error, CustomStringConvertible {
    let description = "no such file"
  }

  @Test func worksWithoutALauncher() throws {
    let communicator = try Communicator.start()
    #expect(communicator.rank == 0 && communicator.worldSize == 1)
    #expect(communicator.localRank == 0 && communicator.ranksOnNode == [0])
    try communicator.barrier()
    #expect(try communicator.broadcast("text") == "text")
    var tensor = Tensor([2], [1, 2])
    try communicator.broadcast(&tensor)
    #expect(tensor.elements == [1, 2])
    #expect(try communicator.allGather([1, 2]) == [[1, 2]])
    #expect(try communicator.allGather("é") == ["é"])
    #expect(try communicator.sum([0.5]) == [0.5])
    try communicator.finish()
  }

  @Test(arguments: GradientReduction.Order.allCases)
  func addsUpAlone(order: GradientReduction.Order) throws {
    let communicator = try Communicator.start()
    let reduction = GradientReduction(count: 2, communicator: communicator, order: order)
    for samples in [3, 0, 1] {
      reduction.begin(ranges: [0..<samples])
      for sample in 0..<samples {
        let buffer = reduction.beginSample()
        buffer.base[0] += Float(sample + 1)
        buffer.base[1] -= Float(sample + 1)
        try reduction.endSample()
      }
      try reduction.finish()
      var values = Tensor([2], [10, 10])
      try reduction.update(values.writableBuffer()) { segment in
        #expect(segment.values.count == 2 && segment.ownedStart == 0)
        for i in 0..<2 { segment.values[i] += segment.gradients[i] }
      }
      let sum = Float(samples * (samples + 1) / 2)
      #expect(values.elements == [10 + sum, 10 - sum])
    }
    try communicator.finish()
  }

  @Test func passesItsOwnErrorOn() throws {
    let communicator = try Communicator.start()
    try communicator.agree(on: nil)
    #expect(throws: SampleError.self) { try communicator.agree(on: SampleError()) }
    #expect(throws: SampleError.self) { try communicator.together { throw SampleError() } }
    try communicator.finish()
  }

  @Test func messagesNameTheRank() {
    #expect("\(DistributedError.failed(rank: 3, message: "a.h5: cut"))" == "rank 3: a.h5: cut")
    let call = DistributedError.call(rank: 1, name: "MPI_Bcast", message: "MPI_ERR_TRUNCATE")
    #expect("\(call)" == "rank 1: MPI_Bcast: MPI_ERR_TRUNCATE")
  }
}
