import CPACOneDNN
import Glibc

/// One oneDNN engine on this processor; every primitive below is made for it.
///
/// Making a primitive a second time is cheap: oneDNN keeps the generated code in a cache of its
/// own.
enum OneDNN {
  /// The processor's engine.
  ///
  /// oneDNN documents engines as safe to share between threads.
  static let engine: Engine = {
    var handle: dnnl_engine_t?
    check(dnnl_engine_create(&handle, dnnl_cpu, 0), "creating the engine")
    return Engine(handle: handle)
  }()

  struct Engine: @unchecked Sendable { let handle: dnnl_engine_t? }

  /// Calls `body` with attributes that hold one operation to follow a primitive; nil without one.
  static func withAttributes<R>(
    _ operation: ((dnnl_post_ops_t?) -> dnnl_status_t)?, _ body: (dnnl_primitive_attr_t?) -> R
  ) -> R {
    guard let operation else { return body(nil) }
    var attributes: dnnl_primitive_attr_t?
    var operations: dnnl_post_ops_t?
    check(dnnl_primitive_attr_create(&attributes), "creating attributes")
    check(dnnl_post_ops_create(&operations), "creating attributes")
    check(operation(operations), "adding an operation")
    check(dnnl_primitive_attr_set_post_ops(attributes, operations), "adding an operation")
    defer {
      dnnl_post_ops_destroy(operations)
      dnnl_primitive_attr_destroy(attributes)
    }
    return body(attributes)
  }

  /// Ends the process with a message: sizes were validated before, so memory is exhausted, or a
  /// refusal is a defect here.
  ///
  /// Not a precondition, which this target's builds leave out.
  static func check(_ status: dnnl_status_t, _ what: @autoclosure () -> String) {
    guard status != dnnl_success else { return }
    // Where oneDNN generates code, the reason of a failure is in `errno` alone.
    if status == dnnl_out_of_memory || status == dnnl_runtime_error && errno == ENOMEM {
      OutOfMemory.end(allocating: nil, for: "oneDNN (\(what()))")
    }
    fatalError("oneDNN: \(what()) failed with status \(status.rawValue)")
  }
}

/// A block of memory as oneDNN sees it: a layout and where the numbers lie.
final class OneDNNMemory {
  let handle: dnnl_memory_t?
  let layout: dnnl_memory_desc_t
  private let owned: AlignedMemory?

  /// Describes numbers the caller owns and keeps alive.
  init(_ layout: dnnl_memory_desc_t, at pointer: UnsafeMutableRawPointer) {
    self.layout = layout
    self.owned = nil
    self.handle = Self.make(layout, pointer)
  }

  /// Allocates memory for a layout oneDNN has chosen.
  init(allocating layout: dnnl_memory_desc_t) {
    var layout = layout
    let bytes = dnnl_memory_desc_get_size(&layout)
    let block = AlignedMemory(count: (bytes + 3) / 4)
    self.layout = layout
    self.owned = block
    self.handle = Self.make(layout, UnsafeMutableRawPointer(block.base))
  }

  /// The number of floats that it takes, those that only fill up blocks of channels included.
  var count: Int {
    var layout = layout
    return dnnl_memory_desc_get_size(&layout) / MemoryLayout<Float>.stride
  }

  deinit {
    dnnl_memory_destroy(handle)
    owned?.deallocate()
  }

  private static func make(
    _ layout: dnnl_memory_desc_t, _ pointer: UnsafeMutableRawPointer
  ) -> dnnl_memory_t? {
    var layout = layout
    var handle: dnnl_memory_t?
    OneDNN.check(
      dnnl_memory_create(&handle, &layout, OneDNN.engine.handle, pointer), "describing memory")
    return handle
  }

  /// A row-major layout, or with `any` one that oneDNN may choose.
  static func layout(_ dimensions: [Int], _ tag: dnnl_format_tag_t) -> dnnl_memory_desc_t {
    var result = dnnl_memory_desc_t()
    let extents = dimensions.map(Int64.init)
    OneDNN.check(
      dnnl_memory_desc_init_by_tag(&result, Int32(extents.count), extents, dnnl_f32, tag),
      "laying out \(dimensions)")
    return result
  }

  /// This memory itself if it has `layout` already, else a copy brought into it.
  func inLayout(_ wanted: dnnl_memory_desc_t, on stream: OneDNNStream) -> OneDNNMemory {
    var (a, b) = (layout, wanted)
    guard dnnl_memory_desc_equal(&a, &b) == 0 else { return self }
    let copy = OneDNNMemory(allocating: wanted)
    copy.fill(from: self, on: stream)
    return copy
  }

  /// Copies the numbers of `source`, whatever its layout, or adds them.
  func fill(from source: OneDNNMemory, adding: Bool = false, on stream: OneDNNStream) {
    var (from, to) = (source.layout, layout)
    let engine = OneDNN.engine.handle
    let reorder = OneDNN.withAttributes(adding ? { dnnl_post_ops_append_sum($0, 1) } : nil) {
      attributes in
      OneDNNPrimitive("a reorder") {
        dnnl_reorder_primitive_desc_create(&$0, &from, engine, &to, engine, attributes)
      }
    }
    reorder.run(on: stream, [(DNNL_ARG_FROM, source), (DNNL_ARG_TO, self)])
  }
}

/// A queue of primitives; they run one after the other on the calling thread and the OpenMP pool.
final class OneDNNStream {
  let handle: dnnl_stream_t?

  init() {
    var stream: dnnl_stream_t?
    OneDNN.check(
      dnnl_stream_create(&stream, OneDNN.engine.handle, UInt32(dnnl_stream_default_flags.rawValue)),
      "creating a stream")
    handle = stream
  }

  deinit { dnnl_stream_destroy(handle) }

  /// Waits until everything submitted has run.
  func wait() { OneDNN.check(dnnl_stream_wait(handle), "waiting for a stream") }
}

/// A computation as oneDNN would do it: its choice of method and layouts.
final class OneDNNDescription {
  let handle: dnnl_primitive_desc_t?
  let name: String

  init(_ name: String, _ describe: (inout dnnl_primitive_desc_t?) -> dnnl_status_t) {
    var handle: dnnl_primitive_desc_t?
    OneDNN.check(describe(&handle), "describing \(name)")
    self.name = name
    self.handle = handle
  }

  deinit { dnnl_primitive_desc_destroy(handle) }

  /// The layout oneDNN has chosen for one of the arguments.
  func layout(of argument: dnnl_query_t) -> dnnl_memory_desc_t {
    guard let layout = dnnl_primitive_desc_query_md(handle, argument, 0) else {
      preconditionFailure("oneDNN: \(name) has no argument \(argument.rawValue)")
    }
    return layout.pointee
  }
}

/// A computation made ready for one set of layouts.
final class OneDNNPrimitive {
  private let description: OneDNNDescription
  private let handle: dnnl_primitive_t?

  init(_ description: OneDNNDescription) {
    var handle: dnnl_primitive_t?
    OneDNN.check(
      dnnl_primitive_create(&handle, description.handle), "creating \(description.name)")
    self.description = description
    self.handle = handle
  }

  convenience init(_ name: String, _ describe: (inout dnnl_primitive_desc_t?) -> dnnl_status_t) {
    self.init(OneDNNDescription(name, describe))
  }

  deinit { dnnl_primitive_destroy(handle) }

  /// The layout oneDNN has chosen for one of the arguments.
  func layout(of argument: dnnl_query_t) -> dnnl_memory_desc_t { description.layout(of: argument) }

  func run(on stream: OneDNNStream, _ arguments: [(Int32, OneDNNMemory)]) {
    let arguments = arguments.map { dnnl_exec_arg_t(arg: $0.0, memory: $0.1.handle) }
    OneDNN.check(
      dnnl_primitive_execute(handle, stream.handle, Int32(arguments.count), arguments),
      "running \(description.name)")
  }
}
