//! The schema: its text, its numbers, and whether a file has it.

use keycask_sqlite::Format;

/// `PRAGMA application_id` of a vault: "kcsk".
pub(crate) const APPLICATION_ID: i32 = 0x6b63_736b;
/// Schema 1 whole.
pub(crate) const INITIAL: &str = include_str!("../sql/0001_initial.sql");
/// The upgrades, each from the schema before it.
pub(crate) const STEPS: &[Step] = &[
    #[cfg(feature = "test-schema-2")]
    Step { min_schema: if cfg!(feature = "test-schema-2-breaking") { 2 } else { 1 }, sql: TEST_SCHEMA_2 },
];
/// The schema that this library writes.
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "a handful")]
pub(crate) const SCHEMA: i32 = 1 + STEPS.len() as i32;

/// The marks of a file that this library can work with.
pub(crate) const FORMAT: Format =
    Format { application_id: APPLICATION_ID, schema: SCHEMA, min_schema: min_schema() };

#[cfg(feature = "test-schema-2")]
const TEST_SCHEMA_2: &str = "
    CREATE TABLE quotas (key_no INTEGER PRIMARY KEY REFERENCES keys (key_no), per_day INTEGER NOT NULL) STRICT;
    ALTER TABLE keys ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue';";

/// One upgrade: what it does, and the oldest schema that a library must know to use the file afterwards.
pub(crate) struct Step {
    pub(crate) min_schema: i32,
    pub(crate) sql: &'static str,
}

/// The `min_schema` of a file of this library's schema.
pub(crate) const fn min_schema() -> i32 {
    match STEPS.last() {
        None => 1,
        Some(step) => step.min_schema,
    }
}

/// A table or index: its kind, its name and the text that made it.
pub(crate) type Object = (String, String, String);

/// What a file's schema has wrong. Of a file that is newer than this library it is asked only that the
/// known objects are there: an upgrade may have added columns and objects.
pub(crate) fn differences(expected: &[Object], found: &[Object], file_schema: i32) -> Vec<String> {
    let newer = file_schema > SCHEMA;
    let named = |object: &Object, list: &[Object]| list.iter().any(|(_, name, _)| *name == object.1);
    let missing = expected
        .iter()
        .filter(|object| if newer { !named(object, found) } else { !found.contains(object) })
        .map(|(kind, name, _)| format!("{kind} {name} is missing or was altered"));
    let added = found
        .iter()
        .filter(|object| !newer && !named(object, expected))
        .map(|(kind, name, _)| format!("{kind} {name} doesn't belong there"));
    missing.chain(added).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: &str, name: &str, sql: &str) -> Object {
        (kind.to_owned(), name.to_owned(), sql.to_owned())
    }

    #[test]
    fn additions_are_allowed_in_a_newer_file_only_and_alterations_in_none() {
        let known = [object("table", "keys", "CREATE TABLE keys (id)")];
        let added = [known[0].clone(), object("table", "quotas", "CREATE TABLE quotas (id)")];
        let altered = [object("table", "keys", "CREATE TABLE keys (id, x)")];
        assert!(differences(&known, &known, 1).is_empty());
        assert!(differences(&known, &added, 2).is_empty());
        assert_eq!(differences(&known, &added, 1), ["table quotas doesn't belong there"]);
        assert!(differences(&known, &altered, 2).is_empty());
        assert_eq!(differences(&known, &altered, 1), ["table keys is missing or was altered"]);
        assert_eq!(differences(&known, &added[1..], 2), ["table keys is missing or was altered"]);
        assert_eq!(differences(&known, &[], 1).len(), 1);
    }
}
