/// Compares what the files of each target import with what Package.swift declares for it.
func importErrors(_ package: CheckedPackage) -> [String] {
  // These come with Swift and cannot be declared.
  let toolchain: Set = [
    "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Swift", "Synchronization",
    "Testing",
  ]
  var errors: [String] = []
  for target in package.manifest.targets {
    let files = package.files[target.name] ?? []
    var unused = Set(target.dependencies)
    for file in files {
      for (module, line) in file.imports {
        unused.remove(module)
        guard !toolchain.contains(module), !target.dependencies.contains(module) else { continue }
        errors.append(
          "\(file.path):\(line): error: imports \(module), which Package.swift does not declare for "
            + target.name)
      }
    }
    // A system library has no files of its own.
    guard !files.isEmpty else { continue }
    for dependency in target.dependencies where unused.contains(dependency) {
      let line = package.manifest.line(of: target, dependency: dependency)
      errors.append(
        "Package.swift:\(line): error: \(target.name) depends on \(dependency), which none of its "
          + "files imports")
    }
  }
  return errors
}

/// Finds targets that depend on what stands above them in Package.swift.
///
/// The targets of the tests may use any other; among themselves they keep to the same rule.
func rowErrors(_ package: CheckedPackage) -> [String] {
  let targets = package.manifest.targets
  var errors: [String] = []
  for (row, target) in targets.enumerated() {
    for name in target.dependencies {
      guard let below = targets.firstIndex(where: { $0.name == name }) else { continue }
      let dependency = targets[below]
      let isAllowed =
        dependency.isForTests == target.isForTests ? below > row : target.isForTests
      guard !isAllowed else { continue }
      let line = package.manifest.line(of: target, dependency: name)
      errors.append(
        "Package.swift:\(line): error: \(target.name) depends on \(name), which "
          + (dependency.isForTests && !target.isForTests
            ? "belongs to the tests" : "stands above it"))
    }
  }
  return errors
}

/// Finds folders of a target that use each other, directly or through others.
///
/// A circle is one error: a line that names the folders, and below it one for each name that a file
/// of one of them takes from the next.
func circleErrors(_ package: CheckedPackage) -> [String] {
  package.manifest.targets.flatMap { target in
    let uses = FolderUses(
      package.files[target.name] ?? [], foreign: package.wordsOfTargets(thatCannotUse: target))
    return uses.circles.map { circle in
      let lines = FolderUses.arrows(of: circle).flatMap { arrow in
        uses.all.filter { [$0.folder, $0.used] == arrow }
      }
      let names = (circle + circle.prefix(1)).map { $0.isEmpty ? "." : $0 }
      return
        (["\(target.path): error: a circle of folders: \(names.joined(separator: " → "))"]
        + lines.map { "  \($0)" }).joined(separator: "\n")
    }
  }
}
