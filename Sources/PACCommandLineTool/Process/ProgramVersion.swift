/// The program's name and version, as recorded in the files it writes.
enum ProgramVersion {
  static let text = "pac 0.1"
}
