import Distributed
import Tensors
import Testing

@Suite struct WorldOfOneTests {
  private struct SampleError: Error, CustomStringConvertible {
    let description = "no such file"
  }

  @Test func worksWithoutALauncher() throws {
    let communicator = try Communicator.start()
    #expect(communicator.rank == 0 && communicator.worldSize == 1)
    #expect(communicator.localRank == 0 && communicator.localSize == 1)
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

  @Test func addsUpAlone() throws {
    let communicator = try Communicator.start()
    var sum = TreeSum(count: 2, range: 0..<3)
    for value in 1...3 { sum.add(Tensor([2], [Float(value), Float(-value)])) }
    #expect(try communicator.allReduce(sum, ranges: [0..<3]).elements == [6, -6])
    let none = TreeSum(count: 2, range: 0..<0)
    #expect(try communicator.allReduce(none, ranges: [0..<0]).elements == [0, 0])
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
