//! Whether the vault is whole: its structure, its rows, and both logs leaf by leaf.

use super::Vault;
use crate::audit::{ChangeRow, Commitments, Frontier, Hash, Log, Use, use_leaf};
use crate::error::Result;
use crate::store::{ChangeQuery, UseQuery};

/// Rows that are hashed in one read transaction.
const PAGE: usize = 4096;
/// Findings of one sort that are told.
const TOLD: i64 = 20;

/// What a check found.
#[derive(Clone, Debug)]
pub struct CheckReport {
    findings: Vec<Finding>,
}

impl CheckReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn ok(&self) -> bool {
        self.findings.is_empty()
    }

    /// What is wrong.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    code: &'static str,
    message: String,
}

impl Finding {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// The sort of finding, a stable word.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What was found, and what to do.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// Both logs, recomputed from their rows.
#[derive(Clone, Debug)]
pub struct LogsReport {
    logs: Vec<LogReport>,
}

impl LogsReport {
    /// Whether both logs are what their trees say.
    #[must_use]
    pub fn ok(&self) -> bool {
        self.logs.iter().all(|log| log.findings.is_empty())
    }

    /// The log of changes, then the log of uses.
    #[must_use]
    pub fn logs(&self) -> &[LogReport] {
        &self.logs
    }
}

/// One log, recomputed from its rows.
#[derive(Clone, Debug)]
pub struct LogReport {
    log: Log,
    size: u64,
    root: Hash,
    findings: Vec<Finding>,
}

impl LogReport {
    /// Which log.
    #[must_use]
    pub fn log(&self) -> Log {
        self.log
    }

    /// How many events it has had, pruned ones included.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of its tree as the file states it. Source: RFC 6962, section 2.1.
    #[must_use]
    pub fn root(&self) -> &[u8; 32] {
        &self.root
    }

    /// The same in lower-case hexadecimal.
    #[must_use]
    pub fn root_hex(&self) -> String {
        let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or('?');
        self.root.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
    }

    /// Where the rows aren't what the tree says.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl Vault {
    /// Looks for damage: SQLite's own check of the file, the schema, and what rows must have in common.
    /// It reads the whole file and changes nothing.
    pub fn check(&self) -> Result<CheckReport> {
        let findings = self.store.read(|snapshot| {
            let damage = |line: String| Finding::new("structure", format!("{line}; restore a backup"));
            let altered = |line: String| Finding::new("schema", format!("{line}; restore a backup"));
            let late = |seq: i64| {
                Finding::new(
                    "use_after_revocation",
                    format!("use {seq} was judged valid at or after the revocation of its key"),
                )
            };
            let mut findings: Vec<_> = snapshot.structure_faults()?.into_iter().map(damage).collect();
            findings.extend(snapshot.schema_differences()?.into_iter().map(altered));
            findings.extend(snapshot.judged_after_revocation(TOLD)?.into_iter().map(late));
            for log in Log::ALL {
                let (stated, found) = (snapshot.log(*log)?.whole.size(), snapshot.last_seq(*log)?);
                if i64::try_from(stated) != Ok(found) {
                    findings.push(wrong_end(*log, stated, found));
                }
            }
            Ok(findings)
        })?;
        Ok(CheckReport { findings })
    }

    /// Recomputes every leaf and both roots from the rows, page by page, and compares them with the trees
    /// that the file states.
    ///
    /// It shows an edit by whoever can't recompute the trees as well. Who can rewrite the file can rewrite
    /// the log: only a checkpoint kept elsewhere shows that.
    pub fn verify_logs(&self) -> Result<LogsReport> {
        let logs = Log::ALL.iter().map(|log| self.verify_log(*log)).collect::<Result<_>>()?;
        Ok(LogsReport { logs })
    }

    fn verify_log(&self, log: Log) -> Result<LogReport> {
        let (stated, end) = self.store.read(|snapshot| Ok((snapshot.log(log)?, snapshot.last_seq(log)?)))?;
        let size = stated.whole.size();
        let mut findings = Vec::new();
        if i64::try_from(size) != Ok(end) {
            findings.push(wrong_end(log, size, end));
        }
        match self.recompute(log, stated.pruned, size)? {
            Ok(found) if found.root() == stated.whole.root() => {}
            Ok(_) => findings.push(Finding::new(
                "root",
                format!(
                    "the rows of {} don't give the root that the file states: an event was altered",
                    log.as_str()
                ),
            )),
            Err(missing) => findings.push(missing),
        }
        Ok(LogReport { log, size, root: stated.whole.root(), findings })
    }

    /// The tree over the rows up to `size`, or where they are not one unbroken sequence.
    fn recompute(&self, log: Log, mut tree: Frontier, size: u64) -> Result<Result<Frontier, Finding>> {
        while tree.size() < size {
            let after = i64::try_from(tree.size()).unwrap_or(i64::MAX);
            let leaves = self.leaves(log, after)?;
            if leaves.is_empty() {
                return Ok(Err(missing(log, tree.size() + 1)));
            }
            for (seq, leaf) in leaves {
                if tree.size() == size {
                    break;
                }
                if u64::try_from(seq) != Ok(tree.size() + 1) {
                    return Ok(Err(missing(log, tree.size() + 1)));
                }
                tree.append(&leaf);
            }
        }
        Ok(Ok(tree))
    }

    fn leaves(&self, log: Log, after: i64) -> Result<Vec<(i64, Vec<u8>)>> {
        let change = |row: ChangeRow| (row.seq, row.leaf(&Commitments::default()));
        let used = |used: Use| (used.row.seq, use_leaf(&used.row));
        match log {
            Log::Changes => {
                let query = ChangeQuery { after, ..ChangeQuery::all(PAGE) };
                let rows = self.store.peek(|snapshot| snapshot.changes(&query))?;
                Ok(rows.into_iter().map(change).collect())
            }
            Log::Uses => {
                let query = UseQuery { after, ..UseQuery::all(PAGE) };
                let rows = self.store.peek(|snapshot| snapshot.uses(&query))?;
                Ok(rows.into_iter().map(used).collect())
            }
        }
    }
}

fn missing(log: Log, seq: u64) -> Finding {
    Finding::new("hole", format!("event {seq} of {} is missing: it was deleted", log.as_str()))
}

fn wrong_end(log: Log, stated: u64, found: i64) -> Finding {
    Finding::new(
        "end",
        format!(
            "{} should end with event {stated} and ends with {found}: events were added or cut off",
            log.as_str()
        ),
    )
}
