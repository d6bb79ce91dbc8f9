func trajectoryDeviations(_ verification: VerificationCase) throws -> [Deviation] {
  throw Unsupported(what: "trajectory")
}
