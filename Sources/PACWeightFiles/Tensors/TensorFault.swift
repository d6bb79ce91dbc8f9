/// An inconsistency in a stored tensor.
struct TensorFault: Error {
  let problem: String

  init(_ problem: String) { self.problem = problem }
}
