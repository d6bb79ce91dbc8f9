/// A name that a file declares for others, or for itself.
struct Declaration {
  let name: String
  /// Whether it is a member of an extension rather than at the top of the file.
  let isMember: Bool
}

/// What the checks need to know of a Swift file.
struct SourceFile {
  /// The path within the package.
  let path: String
  /// The folder within the target; empty for the target's own.
  let folder: String
  /// The modules it imports, with the lines.
  private(set) var imports: [(module: String, line: Int)] = []
  /// What other files of the target may use: names at the top of the file and members of
  /// extensions.
  private(set) var declarations: [Declaration] = []
  /// Everything it gives a name: types, members, variables, parameters.
  private(set) var ownNames: Set<String> = []
  /// The members of its types and extensions, by the type's name.
  private(set) var members: [String: Set<String>] = [:]
  let tokens: [Token]
  /// All words in it.
  let words: Set<String>

  private enum Scope {
    case type(name: String, isExtension: Bool, isPrivate: Bool)
    case other
  }

  /// Reads a file.
  init(path: String, folder: String, source: String) {
    self.path = path
    self.folder = folder
    tokens = Lexer.tokens(of: source)
    words = Set(tokens.lazy.filter { $0.kind == .word }.map(\.text))
    readDeclarations()
  }

  // MARK: - Declarations

  private static let types: Set = ["struct", "class", "enum", "actor", "protocol", "extension"]
  private static let values: Set = ["func", "let", "var", "typealias", "associatedtype", "case"]
  private static let modifiers: Set = [
    "public", "package", "internal", "private", "fileprivate", "open", "final", "static", "class",
    "mutating", "nonmutating", "override", "nonisolated", "unsafe", "indirect", "lazy", "weak",
    "unowned", "prefix", "postfix", "infix", "convenience", "required", "consuming", "borrowing",
    "set", "(", ")",
  ]

  private func text(_ place: Int) -> String {
    tokens.indices.contains(place) && tokens[place].kind != .string ? tokens[place].text : ""
  }

  private func isWord(_ place: Int) -> Bool {
    tokens.indices.contains(place) && tokens[place].kind == .word
  }

  private mutating func readDeclarations() {
    var scopes: [Scope] = []
    var next = Scope.other
    for place in tokens.indices {
      switch text(place) {
      case "{":
        scopes.append(next)
        next = .other
        readClosureNames(from: place + 1)
      case "}": _ = scopes.popLast()
      case "import" where scopes.isEmpty: readImport(place)
      case "for" where !["(", ","].contains(text(place - 1)) && text(place + 1) != ":":
        bindNames(from: place + 1, until: "in")
      case "func", "init", "subscript":
        if text(place - 1) != "." { readParameters(behind: place) }
      default: break
      }
      guard isWord(place), ![".", "import"].contains(text(place - 1)) else { continue }
      let keyword = text(place)
      let isHidden = isPrivate(before: place)
      if Self.types.contains(keyword), isWord(place + 1), !Self.values.contains(text(place + 1)) {
        let name = qualifiedName(from: place + 1)
        let isExtension = keyword == "extension"
        if !isExtension { declare(name, in: scopes, isPrivate: isHidden) }
        next = .type(name: name, isExtension: isExtension, isPrivate: isHidden)
      } else if Self.values.contains(keyword) {
        for name in names(behind: place) { declare(name, in: scopes, isPrivate: isHidden) }
      }
    }
  }

  /// The last part of a name such as `GradientReduction.Order`.
  private func qualifiedName(from place: Int) -> String {
    var place = place
    while text(place + 1) == ".", isWord(place + 2) { place += 2 }
    return text(place)
  }

  /// Whether one of the modifiers hides what is declared here from other files; `private(set)` does
  /// not.
  private func isPrivate(before place: Int) -> Bool {
    var place = place - 1
    while Self.modifiers.contains(text(place)) {
      if ["private", "fileprivate"].contains(text(place)), text(place + 1) != "(" { return true }
      place -= 1
    }
    return false
  }

  /// The names that `let`, `func`, `case` and the like declare: one, several in parentheses, or
  /// several in a row.
  private func names(behind keyword: Int) -> [String] {
    var place = keyword + 1
    if text(place) == "." { while text(place) != "(", place < keyword + 5 { place += 1 } }
    if text(place) == "(" {
      var names: [String] = []
      while !text(place).isEmpty, text(place) != ")" {
        if isWord(place), text(place + 1) != ":" { names.append(text(place)) }
        place += 1
      }
      return names
    }
    var names: [String] = []
    while isWord(place) {
      names.append(text(place))
      guard text(place + 1) == "," else { break }
      place += 2
    }
    return names
  }

  private mutating func declare(_ name: String, in scopes: [Scope], isPrivate: Bool) {
    // A member may be called `any` all the same; it cannot be told from the keyword.
    guard name != "any", name != "some" else { return }
    ownNames.insert(name)
    switch scopes.last {
    case nil:
      if !isPrivate { declarations.append(Declaration(name: name, isMember: false)) }
    case .type(let type, let isExtension, let isTypePrivate)?:
      members[type, default: []].insert(name)
      if isExtension, scopes.count == 1, !isPrivate, !isTypePrivate {
        declarations.append(Declaration(name: name, isMember: true))
      }
    case .other?: break
    }
  }

  private mutating func readImport(_ place: Int) {
    let kinds: Set = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
    let module = kinds.contains(text(place + 1)) ? place + 2 : place + 1
    imports.append((text(module), tokens[place].line))
  }

  // MARK: - Names of the moment

  /// The parameters of a function, by the names they have within it.
  private mutating func readParameters(behind keyword: Int) {
    var place = keyword + 1
    while !text(place).isEmpty, text(place) != "(" {
      place += 1
    }
    var depth = 0
    while place < tokens.count {
      switch text(place) {
      case "(", "[": depth += 1
      case ")", "]": depth -= 1
      case ":" where depth == 1 && isWord(place - 1): ownNames.insert(text(place - 1))
      default: break
      }
      if depth == 0 { return }
      place += 1
    }
  }

  /// The names in `{ a, b in` and `{ (a: Int) -> Int in`.
  private mutating func readClosureNames(from start: Int) {
    let allowed: Set = [",", "(", ")", ":", "[", "]", "-", ">", ".", "?", "&"]
    var place = start
    while isWord(place) || allowed.contains(text(place)) {
      if text(place) == "in" { return bindNames(from: start, until: "in") }
      place += 1
    }
  }

  private mutating func bindNames(from start: Int, until end: String) {
    var place = start
    while place < tokens.count, text(place) != end, text(place) != "{" {
      if isWord(place), ![":", ">", "."].contains(text(place - 1)) { ownNames.insert(text(place)) }
      place += 1
    }
  }
}
