import PACFiles

/// Reads Python pickles that hold tensors and plain values.
///
/// No Python code is run. Only the operations of `PickleOpcode` are implemented, and only the names
/// of `TorchGlobal` can be imported. Anything else throws an error that names it. Memory and time
/// are in proportion to the size of the file, because every operation and every item that a call
/// copies counts as work.
struct PickleMachine {
  private var input: ByteCursor
  private(set) var heap = PickleHeap()
  /// The objects made by persistent identifiers and calls.
  private(set) var objects = TorchObjects()
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  /// The position of the current operation.
  private var start = 0
  private var work = 0
  private let mostWork: Int

  /// The work that is allowed whatever the size of the file; a tensor takes about 50 operations.
  private static var leastWork: Int { 1 << 21 }

  /// Makes a machine that starts at the first byte of `input`.
  /// - Parameters:
  ///   - input: the pickle.
  ///   - fileSize: the size of the whole file, in which a pickle is usually a small part.
  init(_ input: ByteCursor, fileSize: Int = 0) {
    self.input = input
    mostWork = max(Self.leastWork, fileSize / 8)
  }

  /// The position behind the last pickle.
  var position: Int { input.position }

  /// Reads one pickle; several may follow one another.
  mutating func read() throws -> PickleValue {
    stack = []
    marks = []
    memo = [:]
    while true {
      start = input.position
      let byte = try input.integer(UInt8.self)
      guard let opcode = PickleOpcode(rawValue: byte) else {
        throw refusal("asks for the pickle operation 0x\(String(byte, radix: 16))")
      }
      if opcode == .stop { return try pop() }
      try charge(1)
      try perform(opcode)
    }
  }

  private mutating func perform(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .stop: break
    case .protocolVersion: try requireKnownProtocol()
    case .frame: _ = try input.integer(UInt64.self)
    case .mark: marks.append(stack.count)
    case .pop: _ = try pop()
    case .popMark: _ = try popToMark()
    case .duplicate: stack.append(try top())
    case .put: memo[Int(try input.integer(UInt8.self))] = try top()
    case .longPut: memo[Int(try input.integer(UInt32.self))] = try top()
    case .memoize: memo[memo.count] = try top()
    case .get: try get(Int(try input.integer(UInt8.self)))
    case .longGet: try get(Int(try input.integer(UInt32.self)))
    case .global: try find(module: line(), name: line())
    case .stackGlobal:
      guard case .text(let name) = try pop(), case .text(let module) = try pop() else {
        throw input.damaged("expected the name of a class", at: start)
      }
      try find(module: module, name: name)
    case .persistentIdentifier: try load()
    case .reduce: try call()
    case .build: try build()
    case .emptyList, .list, .append, .appends, .emptyTuple, .tuple, .tuple1, .tuple2, .tuple3,
      .emptyDictionary, .dictionary, .setItem, .setItems, .emptySet, .addItems, .frozenSet:
      try collect(opcode)
    default: stack.append(try constant(opcode))
    }
  }

  private mutating func charge(_ amount: Int) throws {
    work += amount
    guard work <= mostWork else {
      throw input.error(
        "takes more than \(mostWork) operations, far more than weights need", at: start,
        advice: "save the tensors alone with torch.save(model.state_dict(), FILE)")
    }
  }

  private mutating func requireKnownProtocol() throws {
    let version = try input.integer(UInt8.self)
    guard (2...5).contains(version) else {
      throw refusal("is written in pickle protocol \(version)")
    }
  }
}

// MARK: - Stack

extension PickleMachine {
  private mutating func pop() throws -> PickleValue {
    // Values below a mark belong to the operation that will pop the mark.
    guard stack.count > marks.last ?? 0, let value = stack.popLast() else { throw empty() }
    return value
  }

  private func top() throws -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else { throw empty() }
    return value
  }

  private mutating func pop(_ count: Int) throws -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else { throw empty() }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws -> [PickleValue] {
    guard let mark = marks.popLast() else { throw empty() }
    defer { stack.removeLast(stack.count - mark) }
    return Array(stack[mark...])
  }

  private mutating func get(_ number: Int) throws {
    guard let value = memo[number] else {
      throw input.damaged("refers to the missing value \(number)", at: start)
    }
    stack.append(value)
  }

  private func empty() -> WeightFileError {
    input.damaged("pops an empty stack", at: start)
  }

  private func refusal(_ problem: String) -> WeightFileError {
    input.error(
      problem, at: start,
      advice: "only tensors and plain values are read, and no code is run; "
        + "save the tensors alone with torch.save(model.state_dict(), FILE)")
  }
}

// MARK: - Plain values

extension PickleMachine {
  /// Reads numbers, strings and bytes; lengths are checked against the rest of the stream.
  private mutating func constant(_ opcode: PickleOpcode) throws -> PickleValue {
    switch opcode {
    case .none: return .none
    case .newTrue: return .boolean(true)
    case .newFalse: return .boolean(false)
    case .binaryInt: return .integer(Int(try input.integer(Int32.self)))
    case .binaryInt1: return .integer(Int(try input.integer(UInt8.self)))
    case .binaryInt2: return .integer(Int(try input.integer(UInt16.self)))
    case .long1: return long(try input.take(Int(input.integer(UInt8.self))))
    case .long4: return long(try input.take(length(UInt32.self)))
    case .binaryFloat: return .real(Double(bitPattern: try input.bigEndian(UInt64.self)))
    case .shortUnicode: return .text(try input.text(Int(input.integer(UInt8.self))))
    case .unicode: return .text(try input.text(length(UInt32.self)))
    case .unicode8: return .text(try input.text(length(UInt64.self)))
    // Strings of Python 2.
    case .shortString: return .text(latin(try input.take(Int(input.integer(UInt8.self)))))
    case .string: return .text(latin(try input.take(length(UInt32.self))))
    case .shortBytes: return .bytes(Array(try input.take(Int(input.integer(UInt8.self)))))
    case .bytes: return .bytes(Array(try input.take(length(UInt32.self))))
    case .bytes8, .byteArray8: return .bytes(Array(try input.take(length(UInt64.self))))
    default: preconditionFailure("\(opcode) is no constant")
    }
  }

  private mutating func length<T: FixedWidthInteger>(_: T.Type) throws -> Int {
    guard let length = Int(exactly: try input.integer(T.self)) else {
      throw input.damaged("holds an impossible length", at: start)
    }
    return length
  }

  private func long(_ bytes: ArraySlice<UInt8>) -> PickleValue {
    guard bytes.count <= 8 else { return .long(Array(bytes)) }
    // Two's complement: the highest bit of the last byte is extended.
    var value = (bytes.last ?? 0) & 0x80 == 0 ? 0 : -1
    for byte in bytes.reversed() { value = value << 8 | Int(byte) }
    return .integer(value)
  }

  private mutating func line() throws -> String {
    String(decoding: try input.line(), as: UTF8.self)
  }

  private func latin(_ bytes: ArraySlice<UInt8>) -> String {
    String(validating: bytes, as: UTF8.self)
      ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
  }
}

// MARK: - Containers

extension PickleMachine {
  private mutating func collect(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .emptyTuple: stack.append(.tuple(heap.add([])))
    case .tuple: stack.append(.tuple(heap.add(try popToMark())))
    case .tuple1: stack.append(.tuple(heap.add(try pop(1))))
    case .tuple2: stack.append(.tuple(heap.add(try pop(2))))
    case .tuple3: stack.append(.tuple(heap.add(try pop(3))))
    case .emptyList: stack.append(.list(heap.add([])))
    case .list: stack.append(.list(heap.add(try popToMark())))
    case .emptySet: stack.append(.set(heap.add([])))
    case .frozenSet: stack.append(.set(heap.add(try popToMark())))
    case .emptyDictionary: stack.append(.dictionary(heap.add([])))
    case .dictionary: stack.append(.dictionary(heap.add(try pairs(popToMark()))))
    case .append: try extend(with: try pop(1))
    case .appends, .addItems: try extend(with: try popToMark())
    case .setItem: try extend(with: try pop(2))
    case .setItems: try extend(with: try popToMark())
    default: preconditionFailure("\(opcode) makes no container")
    }
  }

  private mutating func extend(with values: [PickleValue]) throws {
    switch try top() {
    case .list(let number), .set(let number): heap.append(values, to: number)
    case .dictionary(let number): heap.append(try pairs(values), to: number)
    case let other: throw input.damaged("adds an item to \(other.kind)", at: start)
    }
  }

  private func pairs(_ values: [PickleValue]) throws -> [PickleValue] {
    guard values.count.isMultiple(of: 2) else {
      throw input.damaged("a key of a dictionary has no value", at: start)
    }
    return values
  }
}

// MARK: - Objects

extension PickleMachine {
  private mutating func find(module: String, name: String) throws {
    guard let global = TorchGlobal(module: module, name: name) else {
      throw refusal("asks for \(shown("\(module).\(name)"))")
    }
    stack.append(.global(global))
  }

  private mutating func load() throws {
    guard case .tuple(let number) = try pop() else {
      throw input.damaged("names a storage in an unknown way", at: start)
    }
    do throws(TensorFault) {
      stack.append(.storage(try objects.storage(heap[number], heap)))
    } catch {
      throw input.damaged(error.problem, at: start)
    }
  }

  private mutating func call() throws {
    let arguments = try pop()
    let callee = try pop()
    guard case .global(let global) = callee, case .tuple(let number) = arguments else {
      throw input.damaged("calls \(callee.kind) with \(arguments.kind)", at: start)
    }
    for argument in heap[number] { try charge(1 + heap.count(of: argument)) }
    do throws(TensorFault) {
      stack.append(try objects.call(global, heap[number], &heap))
    } catch {
      throw input.damaged(error.problem, at: start)
    }
  }

  /// Skips attributes of an ordered dictionary, the unneeded `_metadata` of a state dict.
  private mutating func build() throws {
    _ = try pop()
    guard case .dictionary = try top() else {
      throw refusal("sets attributes of \(try top().kind)")
    }
  }
}
