import Testing

@testable import PACModels

@Suite struct NetworkCatalogTests {
  private let catalog = NetworkCatalog<String>([
    .single("Plain"),
    NetworkFamily("Odd_{n}[_x]: n an odd number") { fields in
      guard let n = fields.first.flatMap(NameField.count), n % 2 == 1 else { return nil }
      return fields.count == 1 ? "odd \(n)" : nil
    },
  ])

  @Test func findsByTheHead() throws {
    #expect(catalog.heads == ["Plain", "Odd"])
    #expect(catalog.forms == ["Plain", "Odd_{n}[_x]"])
    #expect(try catalog.network("Plain") == "Plain")
    #expect(try catalog.network("Odd_7") == "odd 7")
    #expect(catalog.fault(in: "Odd_7") == nil)
  }

  @Test(arguments: [
    ("Odd_8", "'Odd_8' is not of the form Odd_{n}[_x]: n an odd number"),
    ("Odd", "'Odd' is not of the form Odd_{n}[_x]: n an odd number"),
    ("Plain_", "'Plain_' is not of the form Plain"),
  ])
  func saysWhatAFormIs(_ name: String, _ message: String) {
    #expect(throws: ModelError(message)) { try catalog.network(name) }
    #expect(catalog.fault(in: name) == message)
  }

  @Test(arguments: ["", "plain", "Odd7", "_7"])
  func knowsNoOthers(_ name: String) {
    #expect(throws: ModelError("no network '\(name)'; choose one of Plain, Odd_{n}[_x]")) {
      try catalog.network(name)
    }
    #expect(catalog.fault(in: name) == nil)
  }
}
