//! Guards against a statement that reads a whole table where an index should answer: the plan of each
//! statement that grows with the vault names its index.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and opens files of its own"
)]

use rusqlite::Connection;

use super::{
    batches, changes, checkpoints, erase, head, imports, keys, logs, outbox, peppers, prune, requests, usage,
    uses,
};
use crate::schema;

/// A statement, and what its plan must say line by line, as SQLite words it.
const PLANS: &[(&str, &str, &[&str])] = &[
    ("find", keys::FIND, &["SEARCH k USING INDEX keys_by_digest (digest=?)"]),
    ("key", keys::BY_ID, &["SEARCH k USING INDEX keys_by_id (id=?)"]),
    ("number", keys::NUMBER_OF, &["SEARCH k USING INDEX keys_by_id (id=?)"]),
    (
        "relatives",
        keys::RELATIVES,
        &["SEARCH k USING INDEX keys_by_id (id=?)", "SEARCH k USING INDEX keys_by_lineage (lineage=?)"],
    ),
    ("keys", keys::PAGE, &["SEARCH k USING INTEGER PRIMARY KEY (rowid>?)"]),
    ("keys of owner", keys::PAGE_OF_OWNER, &["SEARCH k USING INDEX keys_by_owner (owner=? AND rowid>?)"]),
    ("save key", keys::SAVE, &["SEARCH keys USING INTEGER PRIMARY KEY (rowid=?)"]),
    ("changes", changes::PAGE[0], &["SEARCH c USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"]),
    (
        "changes, newest first",
        changes::PAGE[1],
        &["SEARCH c USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"],
    ),
    (
        "changes of key",
        changes::PAGE_OF_KEY[0],
        &["SEARCH c USING INDEX changes_by_key (key_no=? AND rowid>? AND rowid<?)"],
    ),
    (
        "changes of key, newest first",
        changes::PAGE_OF_KEY[1],
        &["SEARCH c USING INDEX changes_by_key (key_no=? AND rowid>? AND rowid<?)"],
    ),
    (
        "changes of kind",
        changes::PAGE_OF_KIND[0],
        &["SEARCH c USING INDEX changes_by_kind (kind=? AND rowid>? AND rowid<?)"],
    ),
    (
        "changes of a time",
        changes::PAGE_OF_TIME[0],
        &["SEARCH c USING INDEX changes_by_time (at_ms>? AND at_ms<?)"],
    ),
    ("uses", uses::PAGE[0], &["SEARCH u USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"]),
    ("uses, newest first", uses::PAGE[1], &["SEARCH u USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"]),
    ("open writers", batches::OPEN, &["SEARCH writers USING INDEX writers_open (opened_at_ms>?)"]),
    ("closed counts", uses::CLOSED, &["SEARCH open_counts USING PRIMARY KEY (closes_ms<?)"]),
    ("closed counts, deleted", uses::DELETE_CLOSED, &["SEARCH open_counts USING PRIMARY KEY (closes_ms<?)"]),
    (
        "due",
        keys::DUE,
        &[
            "SEARCH keys USING INDEX keys_by_expiry (expires_at_ms>? AND expires_at_ms<?)",
            "SEARCH keys USING INDEX keys_by_rotation_due (rotate_due_ms>? AND rotate_due_ms<?)",
            "SEARCH keys USING INDEX keys_by_grace (grace_until_ms>?)",
        ],
    ),
    ("keys before a pepper", keys::BEFORE_PEPPER, &["SEARCH k USING INDEX keys_by_pepper (pepper<?)"]),
    ("digests", peppers::DIGESTS, &["SEARCH keys USING INTEGER PRIMARY KEY (rowid>?)"]),
    ("rehash", peppers::REHASH, &["SEARCH keys USING INTEGER PRIMARY KEY (rowid=?)"]),
    (
        "answered request",
        requests::SELECT,
        &["SEARCH r USING PRIMARY KEY (verb=? AND subject=? AND request_id=?)"],
    ),
    ("usage of key", usage::FOLDED_OF_KEY, &["SEARCH usage USING INTEGER PRIMARY KEY (rowid=?)"]),
    ("unfolded uses", usage::TAIL, &["SEARCH u USING INTEGER PRIMARY KEY (rowid>?)"]),
    ("fold", usage::FOLD, &["SEARCH u USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"]),
    ("first use to keep", prune::FIRST_KEPT, &["SEARCH uses USING INTEGER PRIMARY KEY (rowid>?)"]),
    ("delete uses", prune::DELETE, &["SEARCH uses USING INTEGER PRIMARY KEY (rowid<?)"]),
    ("proof", checkpoints::PROOF, &["SEARCH checkpoints USING PRIMARY KEY (log=? AND size=?)"]),
    (
        "unproved",
        checkpoints::UNPROVED,
        &["SEARCH checkpoints USING PRIMARY KEY (log=? AND size>? AND size<?)"],
    ),
    ("schemes", imports::SCHEMES, &["SEARCH keys USING COVERING INDEX keys_by_scheme (scheme>?)"]),
    ("holder of a digest", imports::HOLDER, &["SEARCH k USING INDEX keys_by_digest (digest=?)"]),
    ("keys of an import", keys::KEYS_OF_IMPORT, &["SEARCH k USING INTEGER PRIMARY KEY (rowid>?)"]),
    ("keys left over", imports::LEFT_OVER, &["SEARCH keys USING INTEGER PRIMARY KEY (rowid>?)"]),
    ("erasures", erase::OF_ROW, &["SEARCH erasures USING PRIMARY KEY (seq=?)"]),
    ("notice", outbox::BY_ID, &["SEARCH o USING INDEX sqlite_autoindex_outbox_1 (id=?)"]),
    (
        "notices",
        outbox::PAGE,
        &["SEARCH o USING INTEGER PRIMARY KEY (rowid>?)", "SEARCH k USING INTEGER PRIMARY KEY (rowid=?)"],
    ),
    ("open notices", outbox::PAGE_OPEN, &["SEARCH o USING INDEX outbox_open (notice_no>?)"]),
    ("deliverable notices", outbox::PAGE_DELIVERABLE, &["SEARCH o USING INDEX outbox_open (notice_no>?)"]),
    (
        "coming notices",
        outbox::COMING,
        &[
            "SEARCH k USING INDEX keys_by_grace (grace_until_ms>? AND grace_until_ms<?)",
            "SEARCH k USING INDEX keys_by_expiry (expires_at_ms>? AND expires_at_ms<?)",
            "SEARCH k USING INDEX keys_by_rotation_due (rotate_due_ms>? AND rotate_due_ms<?)",
            "SEARCH o USING COVERING INDEX sqlite_autoindex_outbox_2 (key_no=? AND kind=? AND about_ms=?)",
        ],
    ),
    ("save notice", outbox::SAVE, &["SEARCH outbox USING INTEGER PRIMARY KEY (rowid=?)"]),
    ("epoch", head::BUMP_EPOCH, &["SEARCH head USING INTEGER PRIMARY KEY (rowid=?)"]),
    ("log", logs::SELECT, &["SEARCH logs USING INTEGER PRIMARY KEY (rowid=?)"]),
    ("end of changes", logs::MAX_CHANGE, &["SEARCH changes"]),
    ("end of uses", logs::MAX_USE, &["SEARCH uses"]),
];

/// Questions of later verbs, for which schema 1 has the index already.
const QUESTIONS: &[(&str, &str)] = &[
    ("keys_by_changed_epoch", "SELECT digest FROM keys WHERE changed_epoch > 5"),
    (
        "keys_by_expiry",
        "SELECT id FROM keys WHERE expires_at_ms < 5 AND expires_at_ms IS NOT NULL AND revoked_at_ms IS NULL",
    ),
    (
        "keys_by_rotation_due",
        "SELECT id FROM keys WHERE rotate_due_ms < 5 AND rotate_due_ms IS NOT NULL AND revoked_at_ms IS NULL
            AND replaced_by IS NULL",
    ),
    (
        "keys_by_grace",
        "SELECT id FROM keys WHERE grace_until_ms < 5 AND grace_until_ms IS NOT NULL AND revoked_at_ms IS NULL",
    ),
    ("keys_by_pepper", "SELECT id FROM keys WHERE pepper = 1"),
    ("keys_by_scheme", "SELECT id FROM keys WHERE scheme = 'sha512'"),
    ("keys_by_replaced", "SELECT id FROM keys WHERE replaces = x'00' AND cancelled = 0"),
    ("outbox_open", "SELECT id FROM outbox WHERE acked_at_ms IS NULL AND notice_no > 7 ORDER BY notice_no"),
    ("writers_open", "SELECT writer_id FROM writers WHERE closed_at_ms IS NULL AND opened_at_ms < 5"),
];

fn database() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(schema::INITIAL).unwrap();
    db
}

fn plan(db: &Connection, sql: &str) -> Vec<String> {
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let rows = statement.raw_query();
    rows.mapped(|row| row.get("detail")).map(Result::unwrap).collect()
}

#[test]
fn every_statement_that_grows_with_the_vault_uses_its_index() {
    let db = database();
    for (name, sql, expected) in PLANS {
        let plan = plan(&db, sql);
        for line in *expected {
            assert!(plan.iter().any(|found| found.starts_with(line)), "{name}: {plan:#?} lacks {line:?}");
        }
        assert!(
            // A constant row and the rows of a recursion are no table.
            !plan.iter().any(|found| {
                found.starts_with("SCAN") && !["SCAN CONSTANT ROW", "SCAN found"].contains(&found.as_str())
            }),
            "{name}: {plan:#?}"
        );
    }
}

#[test]
fn no_statement_sorts_except_by_time() {
    let db = database();
    for (name, sql, _) in PLANS.iter().filter(|(name, ..)| {
        !["changes of a time", "relatives", "keys before a pepper", "due", "unfolded uses", "fold"]
            .contains(name)
    }) {
        assert!(!plan(&db, sql).iter().any(|line| line.contains("TEMP B-TREE")), "{name}");
    }
}

#[test]
fn schema_1_has_an_index_for_the_questions_to_come() {
    let db = database();
    for (index, sql) in QUESTIONS {
        let plan = plan(&db, sql);
        assert!(plan[0].contains(index), "{index}: {plan:?}");
    }
}

#[test]
fn every_statement_prepares_and_names_its_parameters() {
    let db = database();
    let others = [
        imports::STAGE,
        imports::BEGIN,
        imports::TOUCH,
        imports::ACTIVATE,
        imports::STATE,
        imports::ABANDONED,
        keys::INSERT,
        changes::INSERT,
        uses::INSERT,
        uses::OPEN,
        batches::INSERT,
        batches::ADD,
        batches::PREFIXES,
        batches::ADVANCE,
        batches::CLOSE,
        batches::FORGET,
        outbox::INSERT,
        logs::UPDATE,
    ];
    for sql in others.into_iter().chain(PLANS.iter().map(|(_, sql, _)| *sql)) {
        let statement = db.prepare(sql).unwrap();
        for index in 1..=statement.parameter_count() {
            assert!(statement.parameter_name(index).is_some(), "{sql}");
        }
    }
}

impl super::Snapshot<'_> {
    /// How often the lookup of a digest was prepared anew on this connection.
    pub(crate) fn lookups_prepared_anew(&self) -> i32 {
        self.db.prepare_cached(keys::FIND).unwrap().get_status(rusqlite::StatementStatus::RePrepare)
    }
}
