import Testing

@testable import PACTraining

private func progress(_ step: Int, of steps: Int = 100, left: Int = 500) -> Progress {
  Progress(
    epoch: 2, epochs: 10, step: step, stepsPerEpoch: steps, stepsLeft: left, globalBatchSize: 2,
    loss: 0.012345)
}

/// A clock to be set, and everything that was written.
private final class Desk {
  var time = 100.0
  var written: [String] = []

  func line(isTerminal: Bool) -> ProgressLine {
    ProgressLine(isTerminal: isTerminal, clock: { self.time }, write: { self.written.append($0) })
  }
}

@Suite struct ProgressTests {
  @Test func lineTellsSpeedAndTimeLeft() {
    #expect(progress(7).line(rate: nil) == "epoch 3/10  step 7/100  loss 0.01235")
    #expect(
      progress(7).line(rate: 12.34)
        == "epoch 3/10  step 7/100  loss 0.01235  12.3 samples/s  1 min 21 s left")
    #expect(progress(7).line(rate: 0) == progress(7).line(rate: nil))
  }

  @Test(arguments: [
    (0, "0 s"), (59.4, "59 s"), (59.5, "1 min 00 s"), (185, "3 min 05 s"), (3599.7, "1 h 00 min"),
    (7620, "2 h 07 min"), (86400 * 4 + 3 * 3600, "4 d 03 h"), (-5, "0 s"),
    (.infinity, "11574 d 01 h"),
  ])
  func durations(_ seconds: Double, _ expected: String) {
    #expect(Progress.duration(seconds) == expected)
  }

  @Test(arguments: [
    (0.0512, "0.0512 samples/s"), (1, "1.00 samples/s"), (12.34, "12.3 samples/s"),
    (99.7, "99.7 samples/s"), (1234.4, "1234 samples/s"),
  ])
  func rates(_ rate: Double, _ expected: String) {
    #expect(progress(7).line(rate: rate).contains("  \(expected)  "))
  }

  @Test func rateIsThatOfTheLastWhile() {
    var meter = RateMeter(span: 10)
    #expect(meter.rate == nil)
    meter.note(samples: 1, at: 5)
    #expect(meter.rate == nil)
    meter.note(samples: 3, at: 6)
    #expect(meter.rate == 2)
    for second in 7...40 { meter.note(samples: 3 + (second - 6) * 5, at: Double(second)) }
    #expect(meter.rate == 5)
    meter.note(samples: 1000, at: 140)
    #expect(meter.rate == (1000.0 - 173) / 100)
    meter.pause()
    #expect(meter.rate == nil)
  }

  @Test func terminalRewritesOneLine() {
    let desk = Desk()
    var line = desk.line(isTerminal: true)
    line.update(progress(1))
    #expect(desk.written == ["\r\(progress(1).line(rate: nil))\u{1b}[K"])
    desk.time += 0.05
    line.update(progress(2))
    #expect(desk.written.count == 1)
    desk.time += 0.45
    line.update(progress(3))
    #expect(desk.written.last == "\r\(progress(3).line(rate: 8))\u{1b}[K")
    line.message("saved")
    #expect(desk.written.suffix(2) == ["\r\u{1b}[K", "saved\n"])
    line.clear()
    #expect(desk.written.count == 4)
    line.update(progress(100))
    #expect(desk.written.count == 5)
  }

  @Test func elsewhereLinesAreFew() {
    let desk = Desk()
    var line = desk.line(isTerminal: false)
    for step in 1...100 {
      desk.time += 1
      line.update(progress(step))
    }
    let expected = [31, 61, 91, 100].map { progress($0).line(rate: 2) + "\n" }
    #expect(desk.written == expected)
    line.message("saved")
    line.clear()
    #expect(desk.written.count == 5)
    #expect(desk.written.last == "saved\n")
  }

  @Test func linesNeverWrap() {
    let desk = Desk()
    var line = desk.line(isTerminal: true)
    var long = progress(1)
    long.epoch = .max - 1
    long.epochs = .max
    long.stepsPerEpoch = .max
    long.loss = -1.234e-300
    line.update(long)
    #expect(desk.written.first?.count == 1 + 79 + 3)
  }
}
