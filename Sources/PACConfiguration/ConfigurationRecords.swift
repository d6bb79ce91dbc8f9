import PACFiles

extension ConfigurationKind {
  /// A list of records, each a group of fields with values: `[{match: "*.bias", lr: 2}]`, as an
  /// override too, or in a file over several lines.
  /// - Parameters:
  ///   - name: what a record is, such as `rule`.
  ///   - example: a list of records, for messages.
  ///   - fields: its fields; those that have a default may be left out.
  ///   - defaults: a record in which every field has its default.
  ///   - place: the property that takes the place where a record was given, for later messages.
  ///   - fault: what is wrong with a record as a whole; nil if nothing.
  /// - Returns: the kind of value.
  public static func records<Record: Sendable>(
    _ name: String, example: String, fields: [ConfigurationKey<Record>], in defaults: Record,
    place: any WritableKeyPath<Record, String> & Sendable,
    fault: @escaping @Sendable (Record) -> String?
  ) -> ConfigurationKind where Value == [Record] {
    ConfigurationKind(
      allowed: "a list of \(name)s such as \(example)",
      read: {
        (given: ConfigurationValue, listPlace: String) throws(ConfigurationError) -> [Record]? in
        var value = given
        if case .override(let text) = given {
          value = try ConfigurationValue(yaml: text, at: listPlace)
        }
        guard case .list(let items) = value else { return nil }
        var records: [Record] = []
        for item in items {
          guard case .group(let values) = item else { return nil }
          var record = defaults
          record[keyPath: place] = values.first?.place ?? listPlace
          do throws(ConfigurationError) {
            try read(values, fields, into: &record, at: record[keyPath: place])
            if let problem = fault(record) {
              throw ConfigurationError(place: record[keyPath: place], problem: problem)
            }
          } catch {
            throw ConfigurationError(
              place: error.place, problem: "in a \(name): \(error.problem)")
          }
          records.append(record)
        }
        return records
      },
      format: { records in
        let texts = records.map { record in
          let values = fields.compactMap { field in
            let text = field.write(record)
            return text == field.defaultValue ? nil : "\(field.name): \(text)"
          }
          return "{\(values.joined(separator: ", "))}"
        }
        return "[\(texts.joined(separator: ", "))]"
      })
  }

  /// Sets the fields of a record.
  private static func read<Record>(
    _ values: [ConfigurationReader.Given], _ fields: [ConfigurationKey<Record>],
    into record: inout Record, at place: String
  ) throws(ConfigurationError) {
    var given: Set<String> = []
    for value in values {
      guard let field = fields.first(where: { $0.name == value.name }) else {
        throw ConfigurationError(
          place: value.place,
          problem: "unknown field '\(shown(value.name))'; "
            + ConfigurationKey.nearest(to: value.name, among: fields))
      }
      guard given.insert(field.name).inserted else {
        throw ConfigurationError(
          place: value.place, problem: "'\(field.name)' is given twice; remove one")
      }
      try field.set(value.value, at: value.place, in: &record)
    }
    for field in fields where field.defaultValue == nil && !given.contains(field.name) {
      throw ConfigurationError(
        place: place, problem: "'\(field.name)' is missing; give \(field.allowed)")
    }
  }
}
