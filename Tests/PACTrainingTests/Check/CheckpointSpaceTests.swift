import Foundation
import PACTestSupport
import Testing

@testable import PACTraining

@Suite struct CheckpointSpaceTests {
  @Test(arguments: [
    (4_000_000, 0, true), (3_999_999, 0, false), (1_000_000, 3_000_000, true),
    (0, 3_999_999, false),
  ])
  func checkpointsThatAreThereCount(free: Int, present: Int, fits: Bool) {
    let space = CheckpointSpace(bytesEach: 1_000_000, most: 4, run: "runs/a")
    let text = message { try space.require(free: free, present: present) }
    let found = ByteCount.text(free + present)
    #expect(
      text
        == (fits
          ? "no error"
          : "runs/a: \(found) are free for checkpoints, and 4 of 1.0 MB each need 4.0 MB; make room, "
            + "lower keep, or set run to another folder"))
  }

  @Test func numbersBeyondAllDisks() {
    let space = CheckpointSpace(bytesEach: 1 << 40, most: .max, run: "runs/a")
    #expect(
      message { try space.require(free: .max / 2, present: 0) }.contains(" each need more; "))
  }

  @Test func foldersThatCanBeWritten() throws {
    let folder = try TemporaryFolder()
    try requireWritableFolder(folder("a/b/c"))
    #expect(try folder.names() == [])
    let file = try folder.write(Data("x".utf8), as: "file")
    #expect(
      message { try requireWritableFolder("\(file)/a/b") }
        == "\(file)/a/b: cannot write to this run folder (Not a directory); set run to a writable "
        + "folder")
    #expect(nearestExistingFolder("no/such/folder") == ".")
    #expect(nearestExistingFolder("/no/such/folder") == "/")
  }

  @Test(arguments: [
    (0, "0 bytes"), (999, "999 bytes"), (1234, "1.2 kB"), (2_500_000_000, "2.5 GB"),
  ])
  func sizesAsText(bytes: Int, text: String) { #expect(ByteCount.text(bytes) == text) }
}
