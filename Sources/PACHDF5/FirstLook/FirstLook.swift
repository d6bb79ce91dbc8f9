import Glibc
import Synchronization

/// A first look at a file by another process, which can be ended.
///
/// libhdf5 trusts its files: damage can make it run without end, crash, or allocate without bound.
/// So this program starts itself once more, with limits of time and memory, and that process walks
/// through everything but the numbers (docs/decisions/0010-first-look.md). The texts of variable
/// length are taken from it; otherwise nothing depends on what it finds as long as it comes to the
/// end.
public enum FirstLook {
  /// The first argument of the process that looks.
  static let argument = "look-at-hdf5"

  /// The variable by which a user gives more seconds than the file's size does; 0: do not look.
  static let variable = "PAC_FIRST_LOOK"

  /// Whether this program begins with `serveIfAsked()`, so that it can be started to look.
  static let isServed = Atomic(false)

  /// The files that this process had looked at, in the state they were in.
  private static let seen = Mutex<[FileState: LookTexts]>([:])

  /// Has another process look at a file, unless that has been done since the file was changed.
  ///
  /// Programs that do not call `serveIfAsked()` read without a look.
  /// - Returns: the texts of variable length; nil without a look.
  /// - Throws: `HDF5Error` if the look does not come to an end.
  static func require(_ path: String, size: Int) throws(HDF5Error) -> LookTexts? {
    let given = getenv(variable).flatMap { Int(String(cString: $0)) }
    guard isServed.load(ordering: .relaxed), given != 0 else { return nil }
    let state = FileState(path)
    if let state, let texts = seen.withLock({ $0[state] }) { return texts }
    let limits = LookLimits(
      seconds: min(given.map { max($0, 1) } ?? LookLimits.seconds(forFileOf: size), 1 << 20),
      megabytes: LookLimits.megabytes(forFileOf: size))
    var verdict = try verdict(on: path, within: limits)
    // Not by its limits, so it was chance: a host short of memory, or somebody's mistake.
    if verdict == .killed { verdict = try Self.verdict(on: path, within: limits) }
    let texts = try verdict.require(path, limits)
    if let state { seen.withLock { $0[state] = texts } }
    return texts
  }

  private static func verdict(
    on path: String, within limits: LookLimits
  ) throws(HDF5Error) -> LookVerdict {
    do throws(LookProcess.StartFailure) {
      let process = try LookProcess(
        ["pac", argument, path, "\(limits.seconds)", "\(limits.megabytes)"])
      return process.verdict(on: path, within: limits)
    } catch {
      throw HDF5Error(
        file: path, problem: "cannot start the process that looks at it first",
        cause: String(cString: strerror(error.code)),
        advice: "allow more processes, or set \(variable)=0 if you trust the file")
    }
  }
}

/// How long a look may take, and how much memory.
struct LookLimits {
  /// Of computing.
  let seconds: Int
  /// More than a process that has read nothing.
  let megabytes: Int

  /// The time until it is ended although it does not compute, because the disk does not answer.
  var wallSeconds: Int { 60 + 4 * seconds }

  /// Honest files of some kilobytes take milliseconds, and one of a gigabyte less than a second.
  static func seconds(forFileOf size: Int) -> Int { 5 + size >> 25 }

  static func megabytes(forFileOf size: Int) -> Int { 512 + (size >> 20) * 16 }
}

/// How a look ended.
enum LookVerdict: Equatable {
  /// It has seen everything, with these texts.
  case complete(LookTexts)
  /// An allocation failed.
  case outOfMemory
  /// It used up its time; or the disk did not answer.
  case outOfTime(waiting: Bool)
  /// It ended by itself before the end.
  case crashed
  /// Somebody ended it: the system if it is short of memory.
  case killed

  /// The texts; throws unless the look came to the end.
  func require(_ path: String, _ limits: LookLimits) throws(HDF5Error) -> LookTexts {
    let more = "or set \(FirstLook.variable)=SECONDS to allow more"
    switch self {
    case .complete(let texts): return texts
    case .outOfMemory:
      throw HDF5Error(
        file: path, problem: "reading its structure takes more than \(limits.megabytes) MB",
        advice: "the file is damaged; copy or create it again")
    case .outOfTime(waiting: false):
      throw HDF5Error(
        file: path, problem: "reading its structure does not end within \(limits.seconds) s",
        advice: "the file is damaged; copy or create it again, \(more)")
    case .outOfTime(waiting: true):
      throw HDF5Error(
        file: path, problem: "cannot be read within \(limits.wallSeconds) s",
        advice: "check the disk, \(more)")
    case .crashed:
      throw HDF5Error(
        file: path,
        problem: "the HDF5 library crashes on its structure, or takes more than "
          + "\(limits.megabytes) MB for it",
        advice: "the file is damaged; copy or create it again")
    case .killed:
      throw HDF5Error(
        file: path, problem: "the process that looks at it first was killed twice",
        advice: "the host may be short of memory; try again")
    }
  }
}

/// What changes when a file does.
private struct FileState: Hashable {
  private let numbers: [Int]

  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    numbers = [
      Int(status.st_dev), Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec,
      status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
    ].map { Int($0) }
  }
}
