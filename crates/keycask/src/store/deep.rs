//! What rows of different tables must have in common: each query finds the rows that break one rule.

use rusqlite::named_params;

use super::Snapshot;
use crate::error::Result;
use crate::key::KeyId;

/// A rule, and the query that finds the keys that break it.
pub(crate) struct Rule {
    pub(crate) code: &'static str,
    /// What is wrong with each key found.
    pub(crate) fault: &'static str,
    pub(crate) remedy: &'static str,
    sql: &'static str,
}

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "successor",
        fault: "says that it was replaced by a key that doesn't say so, or was cancelled, or isn't there",
        remedy: "restore a backup; until then revoke both keys and issue a new one",
        sql:
            "SELECT k.id FROM keys k LEFT JOIN keys n ON n.id = k.replaced_by
            WHERE k.replaced_by IS NOT NULL AND (n.replaces IS NOT k.id OR n.cancelled IS NOT 0) LIMIT :limit",
    },
    Rule {
        code: "predecessor",
        fault: "says that it replaces a key that isn't there or doesn't say so, and its rotation wasn't cancelled",
        remedy: "restore a backup; until then revoke it and issue a new one",
        sql: "SELECT n.id FROM keys n LEFT JOIN keys k ON k.id = n.replaces
            WHERE n.replaces IS NOT NULL AND n.cancelled = 0 AND k.replaced_by IS NOT n.id LIMIT :limit",
    },
    Rule {
        code: "lineage",
        fault: "is of another lineage than the key that it replaces",
        remedy: "restore a backup: an emergency rotation would miss relatives",
        sql: "SELECT n.id FROM keys n JOIN keys k ON k.id = n.replaces
            WHERE n.lineage IS NOT coalesce(k.lineage, k.id) LIMIT :limit",
    },
    Rule {
        code: "epoch",
        fault: "was changed in an epoch that hasn't come",
        remedy: "restore a backup: a cache may keep an old state of it",
        sql: "SELECT k.id FROM keys k JOIN head h
            WHERE k.changed_epoch > h.key_epoch OR k.revoked_epoch > h.key_epoch LIMIT :limit",
    },
    Rule {
        code: "creation",
        fault: "has no event that tells of its creation or import: it was put in by hand",
        remedy: "revoke it unless you know who did so",
        // Of an import, events come after the effect, and neither for one that was never activated.
        sql: "SELECT k.id FROM keys k WHERE NOT EXISTS (
            SELECT 1 FROM changes c WHERE c.key_no = k.key_no AND c.kind IN (6, 7)) AND NOT EXISTS (
            SELECT 1 FROM imports i WHERE i.import_no = k.import_no AND k.key_no > i.recorded_key_no) LIMIT :limit",
    },
    Rule {
        code: "revocation",
        fault: "is revoked without an event, or has the event and is not revoked: it was changed by hand",
        remedy: "revoke it again where it lives, and restore a backup",
        sql: "SELECT k.id FROM keys k WHERE (k.revoked_at_ms IS NULL) = EXISTS (
            SELECT 1 FROM changes c WHERE c.key_no = k.key_no AND c.kind = 15) LIMIT :limit",
    },
    Rule {
        code: "disabled",
        fault: "was disabled, by its latest event, and is not: it was enabled by hand",
        remedy: "disable it again, and look at who could write the file",
        sql: "SELECT k.id FROM keys k WHERE k.disabled = 0 AND (
            SELECT c.kind FROM changes c WHERE c.key_no = k.key_no AND c.kind IN (9, 10)
            ORDER BY c.seq DESC LIMIT 1) = 9 LIMIT :limit",
    },
    Rule {
        code: "rotation_due",
        fault: "is due for rotation at another time than its interval says",
        remedy: "set its interval anew",
        sql: "SELECT k.id FROM keys k WHERE k.rotate_after_s IS NOT NULL
            AND k.rotate_due_ms <> min(k.created_at_ms + 1000 * k.rotate_after_s, 253402300799999) LIMIT :limit",
    },
    Rule {
        code: "future_use",
        fault: "was used in an epoch that hasn't come: the file was set back, or a use put in by hand",
        remedy: "look at who could write the file, and compare the logs with a checkpoint",
        sql: "SELECT k.id FROM keys k WHERE k.key_no IN (
            SELECT u.key_no FROM uses u WHERE u.epoch > (SELECT key_epoch FROM head)) LIMIT :limit",
    },
    Rule {
        code: "prefix",
        fault: "has a prefix that isn't recorded: scanner rules would miss it",
        remedy: "name the prefix in the policy",
        sql: "SELECT k.id FROM keys k WHERE k.prefix IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM prefixes p WHERE p.prefix = k.prefix) LIMIT :limit",
    },
    Rule {
        code: "usage",
        fault: "was used more often than its usage says, or less often",
        remedy: "verify the logs; the figures of its use are wrong, and nothing else is affected",
        sql: "SELECT k.id FROM keys k LEFT JOIN usage g USING (key_no) LEFT JOIN (
            SELECT u.key_no AS used, sum(coalesce(u.count, 1)) AS n FROM uses u
            WHERE u.outcome = 0 AND u.seq <= (SELECT folded_seq FROM logs WHERE log = 2) GROUP BY u.key_no)
            ON used = k.key_no
            WHERE coalesce(g.uses, 0) < coalesce(n, 0) OR coalesce(g.uses, 0) > coalesce(n, 0)
                AND (SELECT pruned_size FROM logs WHERE log = 2) = 0 LIMIT :limit",
    },
    Rule {
        code: "pepper",
        fault: "is stored under a pepper that the vault doesn't know",
        remedy: "restore a backup",
        sql: "SELECT k.id FROM keys k WHERE k.pepper IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM peppers p WHERE p.generation = k.pepper) LIMIT :limit",
    },
];

pub(super) const SEGMENT_FAULTS: &str = "
    SELECT count(*) FROM segments s WHERE s.last_seq - s.first_seq <> 65535 OR s.first_seq <> s.segment * 65536 + 1
        OR s.last_seq > (SELECT size FROM logs WHERE log = 2)";

pub(super) const STRAYS: &str = "
    SELECT (SELECT count(*) FROM uses u LEFT JOIN keys k USING (key_no) WHERE u.key_no IS NOT NULL AND k.key_no IS NULL)
        + (SELECT count(*) FROM open_counts o LEFT JOIN keys k USING (key_no) WHERE o.key_no <> 0 AND k.key_no IS NULL)";

pub(super) const MIN_SCHEMAS_DIFFER: &str =
    "SELECT (SELECT min_schema FROM head) <> (SELECT user_version FROM pragma_user_version)";

pub(super) const PEPPER_REMOVED: &str =
    "SELECT NOT EXISTS (SELECT 1 FROM peppers) AND EXISTS (SELECT 1 FROM changes WHERE kind = 5)";

impl Snapshot<'_> {
    /// What SQLite's thorough check finds: every index against its table, every row against its CHECKs.
    pub(crate) fn integrity_faults(&self) -> Result<Vec<String>> {
        let mut statement = self.db.prepare("PRAGMA integrity_check(100)")?;
        let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
        Ok(lines.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().filter(|line| line != "ok").collect())
    }

    /// The names of tables with a row that refers to none.
    pub(crate) fn dangling_references(&self) -> Result<Vec<String>> {
        let mut statement = self.db.prepare("SELECT DISTINCT \"table\" FROM pragma_foreign_key_check")?;
        let tables = statement.query_map([], |row| row.get(0))?;
        Ok(tables.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether the log tells of a pepper and the vault has none: somebody removed it.
    pub(crate) fn pepper_removed(&self) -> Result<bool> {
        Ok(self.db.prepare_cached(PEPPER_REMOVED)?.query_row([], |row| row.get(0))?)
    }

    /// How many uses are of keys that aren't there.
    pub(crate) fn stray_uses(&self) -> Result<u64> {
        Ok(self.db.prepare(STRAYS)?.query_row([], |row| row.get(0))?)
    }

    /// Whether the file's mark and its own row ask for different libraries.
    pub(crate) fn min_schemas_differ(&self) -> Result<bool> {
        Ok(self.db.prepare(MIN_SCHEMAS_DIFFER)?.query_row([], |row| row.get(0))?)
    }

    /// How many segments of the log of uses don't fit it.
    pub(crate) fn segment_faults(&self) -> Result<u64> {
        Ok(self.db.prepare_cached(SEGMENT_FAULTS)?.query_row([], |row| row.get(0))?)
    }

    /// The rules, and for each the first keys that break it.
    pub(crate) fn broken_rules(&self, limit: i64) -> Result<Vec<(&'static Rule, Vec<KeyId>)>> {
        let found = |rule: &'static Rule| {
            let mut statement = self.db.prepare(rule.sql)?;
            let ids = statement.query_map(named_params! { ":limit": limit }, |row| row.get(0))?;
            let ids = ids.map(|id| Ok(KeyId::from_bytes(id?))).collect::<Result<Vec<_>>>()?;
            Ok((rule, ids))
        };
        RULES.iter().map(found).collect()
    }
}
