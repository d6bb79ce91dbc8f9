import CPACPlatform
import Glibc
import Synchronization

extension FirstLook {
  /// Looks at a file and ends this process, if it was started for that.
  ///
  /// The first statement of `main`, after which this process may start others to look.
  public static func serveIfAsked() {
    let arguments = CommandLine.arguments
    guard arguments.count == 5, arguments[1] == argument, let seconds = rlim_t(arguments[3]),
      let megabytes = rlim_t(arguments[4])
    else {
      isServed.store(true, ordering: .relaxed)
      return
    }
    pac_end_with_parent()
    limit(RLIMIT_CORE, to: 0)
    limit(RLIMIT_CPU, to: seconds)
    limit(RLIMIT_AS, to: addressSpace() + megabytes << 20)
    let written = look(at: arguments[2])
    var done = 0
    while done < written.count {
      let count = written.withUnsafeBytes { bytes in
        bytes.baseAddress.map { write(STDOUT_FILENO, $0 + done, bytes.count - done) } ?? 0
      }
      guard count > 0 || errno == EINTR else { _exit(1) }
      done += max(count, 0)
    }
    _exit(0)
  }

  /// - Returns: what `LookProcess` is to read.
  private static func look(at path: String) -> [UInt8] {
    var walk = FileWalk()
    do {
      try walk.visit(HDF5File(reading: path, looking: false).root, depth: 0)
    } catch let error as HDF5Error where FileWalk.isOutOfMemory(error) {
      return [LookProcess.outOfMemory]
    } catch {
      // Whoever reads the file meets it.
    }
    return [LookProcess.complete] + walk.texts.bytes
  }

  private static func limit(_ resource: __rlimit_resource, to value: rlim_t) {
    var limits = rlimit()
    getrlimit(__rlimit_resource_t(resource.rawValue), &limits)
    let hard = min(limits.rlim_max, value)
    // A second more until SIGKILL than until SIGXCPU, by which the end is known.
    limits.rlim_cur = min(hard, limits.rlim_cur)
    limits.rlim_max = resource == RLIMIT_CPU ? min(limits.rlim_max, value + 1) : hard
    setrlimit(__rlimit_resource_t(resource.rawValue), &limits)
  }

  /// The address space in use, in bytes.
  private static func addressSpace() -> rlim_t {
    guard let file = fopen("/proc/self/statm", "re") else { return 1 << 32 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 64)
    guard fgets(&line, Int32(line.count), file) != nil else { return 1 << 32 }
    return rlim_t(strtoul(line, nil, 10)) * rlim_t(sysconf(Int32(_SC_PAGESIZE)))
  }
}

/// Reads everything in a file but the numbers of its datasets.
private struct FileWalk {
  /// The texts found so far.
  private(set) var texts = LookTexts()
  private var entered: Set<HDF5Address> = []

  /// Visits a group and all it holds.
  /// - Throws: `HDF5Error` only if an allocation failed. Whoever reads the file meets the others.
  mutating func visit(_ group: HDF5Group, depth: Int) throws {
    guard depth < HDF5Group.largestDepth,
      let address = try reading({ try group.location.address() }),
      entered.insert(address).inserted
    else { return }
    try readAttributes(of: group)
    for name in try reading({ try group.names() }) ?? [] {
      switch try reading({ try group.member(name) }) {
      case .group:
        if let inner = try reading({ try group.group(name) }) { try visit(inner, depth: depth + 1) }
      case .dataset:
        guard let dataset = try reading({ try group.dataset(name) }) else { continue }
        try readAttributes(of: dataset)
        try reading { try dataset.walkThroughChunks() }
        if dataset.elementType == .string {
          try keepTexts(of: dataset, attribute: nil) { try dataset.readStrings() }
        }
      default: break
      }
    }
  }

  private mutating func readAttributes(of object: some HDF5Object) throws {
    for name in try reading({ try object.attributeNames() }) ?? [] {
      try keepTexts(of: object, attribute: name) { [try object.string(attribute: name)] }
      try reading { try object.double(attribute: name) }
    }
  }

  /// Keeps texts of this file, or why they cannot be read.
  private mutating func keepTexts(
    of object: some HDF5Object, attribute: String?, _ read: () throws -> [String]
  ) throws {
    guard let place = try reading({ try object.location.place(ofTextsIn: attribute) }) ?? nil else {
      return
    }
    do {
      texts[place] = .texts(try read())
    } catch let error as HDF5Error where !Self.isOutOfMemory(error) {
      texts[place] = .refused(error)
    }
  }

  /// The result of `body`, nil if it fails.
  @discardableResult
  private func reading<R>(_ body: () throws -> R) throws -> R? {
    do {
      return try body()
    } catch let error as HDF5Error where Self.isOutOfMemory(error) {
      throw error
    } catch {
      return nil
    }
  }

  static func isOutOfMemory(_ error: HDF5Error) -> Bool {
    ["memory allocation failed", "can't allocate", "unable to allocate"].contains {
      error.cause?.contains($0) ?? false
    }
  }
}
