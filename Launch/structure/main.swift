// Checks how the package is put together, see Launch/check-structure: check-structure FOLDER | --self-test

import Foundation

do {
  guard let argument = CommandLine.arguments.dropFirst().first else {
    throw CheckError("name the folder of the package, or --self-test")
  }
  if argument == "--self-test" {
    try selfTest()
  } else {
    let errors = try CheckedPackage(argument).errors
    for error in errors { print(error) }
    if !errors.isEmpty { exit(1) }
  }
} catch {
  print("error: \(error)")
  exit(2)
}
