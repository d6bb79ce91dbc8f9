/// The supported operations of Python's pickle machine: those that write plain values in protocols
/// 2 to 5.
///
/// Deliberately unsupported, and rejected: the text operations of protocols 0 and 1, extensions,
/// out-of-band buffers, and operations that make objects of arbitrary classes (source: Python's
/// `pickletools`).
enum PickleOpcode: UInt8 {
  case mark = 0x28  // (
  case stop = 0x2E  // .
  case pop = 0x30  // 0
  case popMark = 0x31  // 1
  case duplicate = 0x32  // 2
  case binaryFloat = 0x47  // G
  case binaryInt = 0x4A  // J
  case binaryInt1 = 0x4B  // K
  case binaryInt2 = 0x4D  // M
  case none = 0x4E  // N
  case persistentIdentifier = 0x51  // Q
  case reduce = 0x52  // R
  case string = 0x54  // T
  case shortString = 0x55  // U
  case unicode = 0x58  // X
  case emptyList = 0x5D  // ]
  case append = 0x61  // a
  case build = 0x62  // b
  case global = 0x63  // c
  case dictionary = 0x64  // d
  case appends = 0x65  // e
  case get = 0x68  // h
  case longGet = 0x6A  // j
  case list = 0x6C  // l
  case put = 0x71  // q
  case longPut = 0x72  // r
  case setItem = 0x73  // s
  case tuple = 0x74  // t
  case setItems = 0x75  // u
  case emptyDictionary = 0x7D  // }
  case emptyTuple = 0x29  // )
  case bytes = 0x42  // B
  case shortBytes = 0x43  // C
  case protocolVersion = 0x80
  case tuple1 = 0x85
  case tuple2 = 0x86
  case tuple3 = 0x87
  case newTrue = 0x88
  case newFalse = 0x89
  case long1 = 0x8A
  case long4 = 0x8B
  case shortUnicode = 0x8C
  case unicode8 = 0x8D
  case bytes8 = 0x8E
  case emptySet = 0x8F
  case addItems = 0x90
  case frozenSet = 0x91
  case stackGlobal = 0x93
  case memoize = 0x94
  case frame = 0x95
  case byteArray8 = 0x96
}
