/// The phases that a rank's time is divided into.
public enum Phase: UInt8, Sendable, CaseIterable {
  /// Opening files, reading a checkpoint.
  case start
  /// Waiting for a sample to be read.
  case data
  /// The network and the loss of one sample.
  case forward
  /// The gradients of one sample.
  case backward
  /// From the start of a bucket's reduction to its totals; may overlap the backward pass.
  case reduction
  /// Waiting for totals that had not arrived when the backward pass ended.
  case waiting
  /// The optimizer's step.
  case optimizer
  /// From the optimizer's step to a bucket's new values on every rank; may overlap the next forward
  /// pass.
  case delivery
  /// Handing over a checkpoint, or waiting until the previous one is written.
  case checkpoint
  /// Evaluating on the test split.
  case evaluation
  /// Waiting for the other ranks to reach the same point.
  case meeting

  /// Whether a rank in this phase may merely be waiting for another rank.
  var isWaiting: Bool { self == .waiting || self == .meeting }
}
