import Glibc
import Testing

@testable import PACFiles

@Suite struct MemoryLimitTests {
  @Test func controlGroupsOfBothVersionsAndThoseAroundThem() {
    #expect(
      MemoryLimit.cgroupFiles(of: "0::/job/step\n") == [
        "/sys/fs/cgroup/job/step/memory.max", "/sys/fs/cgroup/unified/job/step/memory.max",
        "/sys/fs/cgroup/job/memory.max", "/sys/fs/cgroup/unified/job/memory.max",
        "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/unified/memory.max",
      ])
    #expect(
      MemoryLimit.cgroupFiles(of: "9:name=systemd:/x\n4:hugetlb,memory:/a:b\n3:cpuset:/\n") == [
        "/sys/fs/cgroup/memory/a:b/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
      ])
    #expect(MemoryLimit.cgroupFiles(of: "") == [])
  }

  @Test(arguments: [
    ("max\n", nil), ("9223372036854771712\n", nil), ("536870912\n", 536_870_912), ("", nil),
    ("-1\n", nil), ("99999999999999999999", nil),
  ])
  func groupsHaveALimitOrNone(text: String, expected: Int?) {
    #expect(MemoryLimit.bytes(in: text) == expected)
  }

  @Test(arguments: [
    (["SLURM_MEM_PER_NODE": "4000"], "SLURM_MEM_PER_NODE", 4000 << 20),
    (
      ["SLURM_MEM_PER_CPU": "500", "SLURM_CPUS_ON_NODE": "8"], "SLURM_MEM_PER_CPU for 8 cores",
      4000 << 20
    ),
    (["SLURM_MEM_PER_NODE": "0"], nil, 0), (["SLURM_MEM_PER_CPU": "500"], nil, 0),
    (["SLURM_MEM_PER_NODE": "all"], nil, 0), ([:], nil, 0),
    (["SLURM_MEM_PER_CPU": "1000000000000", "SLURM_CPUS_ON_NODE": "1000000000000"], nil, 0),
  ])
  func slurmSaysWhatTheNodeGives(variables: [String: String], name: String?, bytes: Int) {
    #expect(
      MemoryLimit.slurm { variables[$0] }
        == (name.map { [MemoryLimit(.resident, $0, bytes: bytes)] } ?? []))
  }

  @Test func whatIsUsedGrows() {
    for kind in [MemoryLimit.Kind.addressSpace, .data] {
      let before = kind.used
      let block = mmap(
        nil, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
      #expect(kind.used >= before + 64 << 20)
      munmap(block, 64 << 20)
    }
    #expect((1 << 20..<1 << 40).contains(MemoryLimit.Kind.resident.used))
  }

  @Test func theFirstLimitThatIsTooLowIsNamedWithTheNeed() throws {
    let limits = [
      MemoryLimit(.addressSpace, "ulimit -v", bytes: 1 << 60),
      MemoryLimit(.resident, "memory.max", bytes: 1000),
    ]
    try MemoryLimit.require(
      8_000_000, for: "tests", of: [.addressSpace], advice: "wait", limits: limits)
    let error = #expect(throws: MemoryLimit.Shortage.self) {
      try MemoryLimit.require(
        8_000_000, for: "tests", of: [.addressSpace, .resident], advice: "wait", limits: limits)
    }
    let text = "\(try #require(error))"
    #expect(
      text.wholeMatch(
        of:
          /not enough memory: memory.max allows 1 MB, and at least (\d+) MB are needed \((\d+) MB for the program as it is now, 8 MB for tests\); raise the limit, or wait/
      ).map { (Int($0.1) ?? 0) - (Int($0.2) ?? 0) } != nil, "\(text)")
  }
}
