import CPACMPI
import CPACOneDNN
import CPACOpenBLAS
import PACHDF5

/// The libraries that this process has loaded, as they name themselves.
enum LoadedLibraries {
  /// Their names and versions.
  static var all: [(name: String, version: String)] {
    [("mpi", mpi), ("openblas", openBLAS), ("onednn", oneDNN), ("hdf5", HDF5File.libraryVersion)]
  }

  /// `Open MPI v4.1.4`: what stands before the first comma.
  private static var mpi: String {
    // MPI_MAX_LIBRARY_VERSION_STRING of any implementation is below this.
    var length: Int32 = 0
    let bytes = [CChar](unsafeUninitializedCapacity: 1 << 14) { buffer, count in
      count =
        MPI_Get_library_version(buffer.baseAddress, &length) == pac_mpi_success()
        ? Int(length) : 0
    }
    let text = String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.split(separator: ",").first.map(String.init) ?? "unknown"
  }

  /// `OpenBLAS 0.3.21 …`: its version, and the options it was built with.
  private static var openBLAS: String {
    openblas_get_config().map { String(cString: $0) } ?? "unknown"
  }

  private static var oneDNN: String {
    guard let version = dnnl_version()?.pointee else { return "unknown" }
    return "\(version.major).\(version.minor).\(version.patch)"
  }
}
