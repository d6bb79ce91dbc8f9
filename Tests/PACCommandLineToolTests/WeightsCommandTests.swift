import Foundation
import PACCheckpoints
import PACData
import PACTensors
import PACTestSupport
import PACWeights
import Testing

/// Weights of PyTorch and ours on the command line.
@Suite(.serialized) struct WeightsCommandTests {
  private let project: TrainingProject
  private let published: String

  init() throws {
    project = try TrainingProject(scenes: 3, test: 2)
    published =
      packageRoot.appendingPathComponent(
        "Tests/PACCheckpointsTests/Fixtures/PacJointUpsampleLite_4/weights_stream.pth"
      ).path
  }

  /// A file as the authors published theirs just works, and says the same in every format.
  @Test func evaluates() throws {
    let name = project.folder("x4_pac_weights_epoch_5000.pth")
    try FileManager.default.copyItem(atPath: published, toPath: name)
    let first = try project("evaluate", "--weights", name)
    #expect(first.status == 0, "\(first)")
    #expect(first.errors == "")
    for end in ["h5", "safetensors", "pt"] {
      let converted = try pac("weights", "convert", name, project.folder("w.\(end)"))
      #expect(converted.status == 0, "\(converted)")
      let second = try project("evaluate", "--weights", project.folder("w.\(end)"))
      #expect(second.output == first.output, "\(second)")
    }
  }

  @Test func predicts() throws {
    let out = project.folder("out")
    let result = try project("predict", "--weights", published, "--out", out)
    #expect(result.status == 0, "\(result)")
    #expect(result.output.hasPrefix("\(out): wrote 2 predictions"))
  }

  /// What is trained starts from the weights, and only a new run reads them.
  @Test func trains() throws {
    let copy = project.folder("copy.pth")
    try FileManager.default.copyItem(atPath: published, toPath: copy)
    // The steps are far too small to change more than a zero.
    let settings = ["weights=\(copy)", "lr=1e-30", "global-batch=1"]
    let result = try project("train", settings + ["epochs=1"])
    #expect(result.status == 0, "\(result)")
    #expect(
      (result.output + result.errors).contains(
        "initial weights from \(copy) (PyTorch weights, format before 1.6)"))
    let weights = try NetworkWeights(reading: copy)
    let trained = try NetworkWeights(reading: project.folder("run"))
    #expect(trained.entries.map(\.name) == weights.entries.map(\.name))
    for (entry, other) in zip(trained.entries, weights.entries) {
      let pairs = zip(try trained.tensor(entry).elements, try weights.tensor(other).elements)
      #expect(pairs.allSatisfy { abs($0 - $1) < 1e-20 }, "\(entry.name)")
    }
    try FileManager.default.removeItem(atPath: copy)
    let continued = try project("train", settings + ["epochs=2"])
    #expect(continued.status == 0, "\(continued)")
    let anew = try project("train", settings + ["epochs=1", "run=\(project.folder("other"))"])
    #expect(anew.status == 1)
    #expect(anew.errors.contains("error: \(copy): no such file; check the path"), "\(anew)")
  }

  /// A part of other weights is taken, the same on any number of ranks and in a resumed run.
  @Test(.enabled(if: hasMPI, "mpirun is not installed"))
  func partly() throws {
    let project = try TrainingProject(scenes: 7)
    let own = ["weights=\(published)", "factor=8", "global-batch=4", "epochs=2"]
    let exact = try project("train", own)
    #expect(exact.status == 1 && exact.errors.contains("weights of another model: "), "\(exact)")
    let partial = own + ["weights-match=partial"]
    let whole = try project("train", partial + ["run=\(project.folder("straight"))"])
    try #require(whole.status == 0, "\(whole)")
    let said = whole.output + whole.errors
    for line in [
      "taken, 10 of 22 parameters: branch_t.conv1.weight, branch_t.conv1.bias, branch_t.conv2.weight, branch_t.conv2.bias and 6 more\n",
      "not taken, of another shape: branch_t.conv3.weight: expected [16, 16, 5, 5], found [22, 16, 5, 5], branch_t.conv3.bias: expected [16], found [22], branch_g.conv2.weight: expected [16, 12, 5, 5], found [22, 12, 5, 5], branch_g.conv2.bias: expected [16], found [22] and 6 more\n",
      "not in the file, initial values kept: up_convts.2.weight [16, 16, 5, 5], up_convts.2.bias [16]\n",
    ] {
      #expect(said.contains("\(published): \(line)"), "\(said)")
    }
    let expected = try #require(try project.checkpoint("straight"))
    for ranks in 2...3 {
      let run = "run=\(project.folder("ranks\(ranks)"))"
      let first = try project("train", ranks: ranks, partial + [run, "steps=1"])
      try #require(first.status == 0, "\(first)")
      let rest = try project("train", ranks: 4 - ranks, partial + [run])
      try #require(rest.status == 0 && !(rest.output + rest.errors).contains("taken"), "\(rest)")
      #expect(try project.checkpoint("ranks\(ranks)")?.bits == expected.bits, "\(ranks) ranks")
    }
    let resumed = try project("train", own + ["run=\(project.folder("straight"))"])
    #expect(resumed.errors.contains("weights-match: exact, was partial"), "\(resumed)")

    // Every number that is taken is the file's.
    _ = try project(
      "train", partial + ["run=\(project.folder("still"))", "lr=1e-30", "steps=1"])
    let file = try NetworkWeights(reading: published)
    let trained = try NetworkWeights(reading: project.folder("still"))
    for name in ["branch_t.conv1.weight", "branch_t.conv2.bias"] {
      let entry = try #require(file.entries.first { $0.name == name })
      let other = try #require(trained.entries.first { $0.name == name })
      let pairs = zip(try trained.tensor(other).elements, try file.tensor(entry).elements)
      #expect(pairs.allSatisfy { abs($0 - $1) < 1e-20 }, "\(name)")
    }

    let nothing = try project("train", partial + ["model=DMSG", "run=\(project.folder("no"))"])
    #expect(
      nothing.status == 1
        && nothing.errors.contains("\(published): no parameter of DMSG fits; missing: "),
      "\(nothing)")
    #expect(nothing.errors.hasSuffix("; they fit PacJointUpsampleLite, factor 4\n"), "\(nothing)")
  }

  @Test func otherNetworks() throws {
    func error(_ setting: String) throws -> String {
      let result = try project("evaluate", "--weights", published, setting)
      #expect(result.status == 1)
      #expect(result.errors.split(separator: "\n").count == 1)
      return result.errors
    }
    #expect(
      try error("model=PacJointUpsample").hasPrefix(
        "error: \(published): weights of another model: of another shape: branch_t.conv1.weight: "
          + "expected [32, 1, 5, 5], found [12, 1, 5, 5], "))
    #expect(try error("factor=8").contains("missing: up_convts.2.weight [16, 16, 5, 5]"))
    #expect(try error("factor=8").hasSuffix("; they fit PacJointUpsampleLite, factor 4\n"))
  }

  @Test func converts() throws {
    let out = project.folder("w.safetensors")
    let result = try pac("weights", "convert", published, out)
    #expect(
      result.output == """
        \(out): safetensors, 55509 numbers in 20 arrays, from \(published) (PyTorch weights, format before 1.6)
          now float32: 20 of float16

        """)
    let again = try pac("weights", "convert", published, out)
    #expect(again.status == 1)
    #expect(
      again.errors
        == "error: \(out): already exists; use --force to replace it, or name another file\n")
    let json = try pac("weights", "convert", published, out, "--force", "--json")
    #expect(
      json.output
        == #"{"input":"\#(published)","input_kind":"PyTorch weights, format before 1.6","path":"\#(out)","#
        + #""kind":"safetensors","tensors":20,"elements":55509,"notes":["now float32: 20 of float16"]}"#
        + "\n")
    let bare = try pac("weights")
    #expect(bare.status == 2)
    #expect(bare.errors == "error: missing command: convert; see 'pac --help'\n")
  }

  @Test func inspects() throws {
    let files = packageRoot.appendingPathComponent("Tests/PACWeightFilesTests/Fixtures/files").path
    let kinds = try pac("inspect", "\(files)/mixed.pth")
    #expect(
      kinds.output == """
        \(files)/mixed.pth: PyTorch weights
          parameters     154 in 3 arrays
            conv.weight  [3, 2, 5, 5]       150
            conv.bias    [3]                3
            alpha        []                 1
          note           left out, no tensors: epoch, sizes, kind, device

        """)
    let half = try pac("inspect", published)
    #expect(half.output.contains("branch_t.conv1.weight  [12, 1, 5, 5]      300        float16\n"))
    let json = try pac("inspect", "\(files)/simple.pth", "--json")
    #expect(
      json.output
        == #"{"path":"\#(files)/simple.pth","kind":"PyTorch weights","parameter_count":154,"#
        + #""parameters":{"conv.weight":[3,2,5,5],"conv.bias":[3],"alpha":[]},"#
        + #""types":{"conv.weight":"float32","conv.bias":"float32","alpha":"float32"},"notes":[]}"#
        + "\n")
    let out = project.folder("w.h5")
    _ = try pac("weights", "convert", "\(files)/simple.pth", out)
    let ours = try pac("inspect", out)
    #expect(ours.output.hasPrefix("\(out): weights\n  parameters     154 in 3 arrays\n"))
    let refused = try pac("inspect", "\(files)/whole_model.pth")
    #expect(refused.status == 1)
    #expect(
      refused.errors.hasPrefix(
        "error: \(files)/whole_model.pth, data.pkl, byte 2: asks for torch.nn.modules.container."))
  }
}
