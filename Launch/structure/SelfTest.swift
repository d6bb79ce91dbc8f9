import Foundation

/// Makes a small package with every kind of error and compares what the checks say of it.
/// - Throws: `CheckError` with both if they differ.
func selfTest() throws {
  let root = NSTemporaryDirectory() + "check-structure-\(getpid())"
  defer { try? FileManager.default.removeItem(atPath: root) }
  for (path, text) in wrongPackage {
    let file = URL(fileURLWithPath: "\(root)/\(path)")
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }
  let found = try CheckedPackage(root).errors.joined(separator: "\n")
  guard found == expectedErrors else {
    throw CheckError("self-test: expected\n\(expectedErrors)\nfound\n\(found)")
  }
}

private let wrongPackage = [
  "Package.swift": """
  // swift-tools-version: 6.2
  import PackageDescription

  let package = Package(
    name: "Wrong",
    targets: [
      .target(name: "Low", dependencies: ["Lowest"]),
      .target(
        name: "High", dependencies: ["Low", "Lowest"]),
      .target(name: "Lowest"),
      .testTarget(name: "HighTests", dependencies: ["High"]),
    ]
  )

  """,
  "Sources/Low/Low.swift": """
  import Lowest

  public struct Low {}

  """,
  "Sources/Lowest/Lowest.swift": """
  public struct Lowest { let copies = list.tripled() }

  """,
  "Sources/High/One/One.swift": """
  import Low

  struct One {
    let two: Two
    func use(_ low: Low) { print("\\(two.doubled())") }
  }

  """,
  "Sources/High/Two/Two.swift": """
  struct Two {}

  func helper() {}

  extension Two {
    func doubled() -> [Any] { [One.self] }
  }

  """,
  // Uses Three of Two, but nothing of this is a use by Two: a comment, a text, a label, a member, a
  // parameter.
  "Sources/High/Three/Three.swift": """
  struct Three { let two = Two() }

  func counted() {}

  extension Lowest { func tripled() {} }

  """,
  "Sources/High/Two/Other.swift": #"""
  // Three
  func other(counted: () -> Void) {
    /* Three /* Three */ Three */
    print("Three", #"\(Three)"#, """
      Three
      """)
    Lists.Three.add(Three: 1)
    counted()
    list.tripled()
  }

  """#,
  "Tests/HighTests/HighTests.swift": """
  import Foundation
  @testable import High
  import struct Lowest.Lowest

  """,
]

private let expectedErrors = """
  Package.swift:9: error: High depends on Lowest, which none of its files imports
  Tests/HighTests/HighTests.swift:3: error: imports Lowest, which Package.swift does not declare for HighTests
  Package.swift:9: error: High depends on Low, which stands above it
  Sources/High: error: a circle of folders: One → Two → One
    Sources/High/One/One.swift:4: Two of Sources/High/Two/Two.swift
    Sources/High/One/One.swift:5: doubled of Sources/High/Two/Two.swift
    Sources/High/Two/Two.swift:6: One of Sources/High/One/One.swift
  """
