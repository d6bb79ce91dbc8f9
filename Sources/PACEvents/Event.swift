import SwiftProtobuf

/// What an event file can hold under a tag, such as `loss` or `validation/rmse`.
public enum Event: Sendable {
  /// A number; one that is not finite is shown as such.
  case scalar(Double)
  /// Text in Markdown.
  case text(String)

  /// The message under a tag.
  func message(_ tag: String) -> EventValue {
    .with {
      $0.tag = tag
      switch self {
      case .scalar(let number): $0.scalar = Float(number)
      case .text(let text):
        $0.metadata.plugin.name = "text"
        $0.tensor.kind = .text
        $0.tensor.shape.extents = [.with { $0.size = 1 }]
        $0.tensor.texts = [.init(text.utf8)]
      }
    }
  }
}
