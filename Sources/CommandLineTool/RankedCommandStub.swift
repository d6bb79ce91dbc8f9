import Distributed

func withRanks(_ body: (Communicator) throws -> Void) throws {}
