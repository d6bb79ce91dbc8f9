import PACModels
import PACTraining
import Testing

@testable import PACSegmentation

@Suite struct PublishedSegmentationTests {
  private func system(_ model: String) throws -> PublishedSegmentation? {
    PublishedSegmentation.system(of: try SegmentationModelName(model))
  }

  @Test(arguments: [
    ("fcn8s", "FCN8s", 65.51, 67.20), ("fcn8sfrozen", "FCN8s", 65.51, 67.20),
    ("fcn8s_crfi5p4d5641p4d5161", "PacCRF", 68.90, 69.82),
    ("fcn8sfrozen_crfi5p4d5641p4d5161", "PacCRF", 68.90, 69.82),
    ("fcn8s_crfi5lp4d5641p4d5161", "PacCRF", 68.90, 69.82),
    ("fcn8s_crfp4d5161p4d5641", "PacCRF", 68.90, 69.82),
    ("fcn8s_crfi5lp4d5321", "PacCRF-32", 68.52, 69.41),
    ("fcn8spac", "PacFCN", 67.44, 69.18),
    ("fcn8spac_crfi5lp4d5641p4d5161", "PacFCN + PacCRF", 69.87, 71.34),
  ])
  func systemsOfThePaper(_ model: String, name: String, validation: Double, test: Double) throws {
    let found = try #require(try system(model))
    #expect(found.name == name && found.validation == validation && found.test == test)
  }

  /// The poster's gains, and the paper's results on the same set where it has them.
  @Test(arguments: [
    ("fcn8s_fullcrf", "Full-CRF", 2.45), ("fcn8sfrozen_fullcrfi10a5-60-10s3-3", "Full-CRF", 2.45),
    ("fcn8s_convcrf", "Conv-CRF", 1.57), ("fcn8s_crfi5p4d5321", "PacCRF-32", 2.21),
    ("fcn8s_crfi5p4d5641p4d5161", "PacCRF", 2.62),
  ])
  func systemsOfThePoster(_ model: String, name: String, gain: Double) throws {
    let found = try #require(try system(model))
    #expect(found.name == name && found.testGain == gain)
    if let test = found.test { #expect(abs(test - 67.20 - gain) < 1e-9) }
  }

  @Test(arguments: [
    "fcn8snarrow", "unet", "fcn8saltpad", "fcn8s_crf", "fcn8s_crfi4p4d5641p4d5161",
    "fcn8s_crfi5p4d5641p4d5161p4d5161", "fcn8s_crfi5p2d5321", "fcn8s_crfi5p4d5322",
    "fcn8spac_crfi5p4d5321", "fcn8spac_convcrf", "fcn8snarrow_fullcrf",
  ])
  func othersHaveNoResult(_ model: String) throws {
    #expect(try system(model) == nil)
  }

  @Test func figuresAreForTheSplitOfThePaper() throws {
    let network = try SegmentationModelName("fcn8s_crfi5p4d5321")
    let result = PublishedResult(of: network, split: "val11_sbd")
    #expect(result.samples == 736)
    #expect(result.figures.map(\.head) == ["paper", "test", "gain"])
    #expect(
      result.figures.map(\.key) == ["published", "published_test", "published_test_gain"])
    #expect(result.figures.map(\.value) == [68.52, 69.41, 2.21])
    let unknown = PublishedResult(of: try SegmentationModelName("unet"), split: "val11_sbd")
    #expect(unknown.figures.map(\.head) == ["paper", "test", "gain"])
    #expect(unknown.figures.allSatisfy { $0.value == nil })
    for split in ["val", "val11", "val11_sbd_rand20"] {
      let other = PublishedResult(of: network, split: split)
      #expect(other.figures.isEmpty)
      #expect(
        other.note == "The paper's results are for test-split=val11_sbd, these for \(split): "
          + "they are not comparable.")
    }
  }
}
