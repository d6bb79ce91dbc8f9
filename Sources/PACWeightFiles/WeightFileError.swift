import PACFiles

/// An error in a weight file, in one line: `x8.pth, data.pkl, byte 17: asks for os.system; no code
/// is run`.
public typealias WeightFileError = ForeignFileError
