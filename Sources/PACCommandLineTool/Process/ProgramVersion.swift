/// The program and its version, as in what it writes.
enum ProgramVersion {
  static let text = "pac 0.1"
}
