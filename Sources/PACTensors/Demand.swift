/// Stops the program unless a condition that only code decides holds.
///
/// Like `precondition`, whose message release builds leave out; this one is printed in every build.
/// - Parameters:
///   - condition: what must hold.
///   - message: what is wrong, with both shapes where two do not fit.
///   - file: where it is demanded.
///   - line: in which line.
package func demand(
  _ condition: Bool, _ message: @autoclosure () -> String, file: StaticString = #fileID,
  line: UInt = #line
) {
  guard condition else { fatalError(message(), file: file, line: line) }
}
