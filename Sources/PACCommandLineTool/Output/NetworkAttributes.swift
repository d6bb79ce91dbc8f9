import PACWeights

/// The attributes of a network's label for a JSON object.
func jsonAttributes(of network: NetworkLabel) -> [(key: String, value: Any?)] {
  network.attributes.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
}
