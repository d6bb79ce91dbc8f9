/// What a rank spends its time on.
public enum Phase: UInt8, Sendable, CaseIterable {
  /// Opening files, reading a checkpoint.
  case start
  /// Waiting for a sample to be read.
  case data
  /// The network and the loss of one sample.
  case forward
  /// The gradients of one sample.
  case backward
  /// From the start of a bucket's reduction to its totals; may lie beside the backward pass.
  case reduction
  /// Waiting for totals that were not there when the backward pass ended.
  case waiting
  /// The optimizer's step.
  case optimizer
  /// From the optimizer's step to a bucket's new values on every rank; may lie beside the next
  /// forward pass.
  case delivery
  /// Handing over a checkpoint, or waiting until the last one is written.
  case checkpoint
  /// Measuring on the test split.
  case evaluation
  /// Waiting until the other ranks come to the same place.
  case meeting

  /// Whether a rank that stays in this phase may only be waiting for another one.
  var isWaiting: Bool { self == .waiting || self == .meeting }
}
