import Foundation

/// System calls that fail in a command's process, by a library that is loaded before all others.
public struct FaultyCalls {
  private let library: String

  /// Whether this machine has a compiler to make the library with.
  public static let areAvailable = (try? run("clang", ["--version"], timeout: 20))?.status == 0

  /// Makes the library.
  /// - Parameter folder: where to put it.
  /// - Throws: if it cannot be made.
  public init(in folder: TemporaryFolder) throws {
    library = folder("faulty.so")
    let source = try folder.write(Data(Self.source.utf8), as: "faulty.c")
    let result = try run(
      "clang", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], timeout: 60)
    guard result.status == 0 else { throw TestSupportError(description: result.errors) }
  }

  /// The variables that make calls fail.
  /// - Parameters:
  ///   - call: `fsync`, `rename` or `write`.
  ///   - code: the `errno` they fail with.
  ///   - path: part of the path of the files.
  ///   - numbers: which of those calls fail, counted from 1.
  ///   - onFolders: whether the path is that of folders, not of files.
  /// - Returns: the variables.
  public func environment(
    _ call: String, _ code: Int32, on path: String, _ numbers: ClosedRange<Int>,
    onFolders: Bool = false
  ) -> [String: String?] {
    [
      "LD_PRELOAD": library, "FAULT_CALL": call, "FAULT_ERRNO": "\(code)", "FAULT_PATH": path,
      "FAULT_FIRST": "\(numbers.lowerBound)", "FAULT_LAST": "\(numbers.upperBound)",
      "FAULT_FOLDERS": onFolders ? "1" : "0",
    ]
  }

  private static let source = """
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <errno.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/stat.h>
    #include <unistd.h>

    static int count;

    static int number(const char *name) { return atoi(getenv(name)); }

    static int fails(const char *call, const char *path, int isFolder) {
      const char *wanted = getenv("FAULT_CALL");
      if (!wanted || strcmp(wanted, call) || !strstr(path, getenv("FAULT_PATH"))) return 0;
      if (number("FAULT_FOLDERS") != isFolder) return 0;
      int which = __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
      if (which < number("FAULT_FIRST") || which > number("FAULT_LAST")) return 0;
      errno = number("FAULT_ERRNO");
      return 1;
    }

    static int failsAt(const char *call, int descriptor) {
      struct stat status;
      char link[64], path[4096];
      if (!getenv("FAULT_CALL") || fstat(descriptor, &status) != 0) return 0;
      snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
      ssize_t length = readlink(link, path, sizeof path - 1);
      if (length < 0) return 0;
      path[length] = 0;
      return fails(call, path, S_ISDIR(status.st_mode));
    }

    int fsync(int descriptor) {
      if (failsAt("fsync", descriptor)) return -1;
      return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(descriptor);
    }
    int rename(const char *from, const char *to) {
      if (fails("rename", to, 0)) return -1;
      return ((int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename"))(from, to);
    }
    ssize_t write(int descriptor, const void *bytes, size_t size) {
      if (failsAt("write", descriptor)) return -1;
      return ((ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write"))(descriptor, bytes, size);
    }
    ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t place) {
      if (failsAt("write", descriptor)) return -1;
      return ((ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite"))(
          descriptor, bytes, size, place);
    }
    ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t place) {
      if (failsAt("write", descriptor)) return -1;
      return ((ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64"))(
          descriptor, bytes, size, place);
    }

    """
}
