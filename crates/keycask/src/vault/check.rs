//! Whether the vault is whole: its structure, its rows, and both logs leaf by leaf.

use super::Vault;
use super::logs::wrong_end;
use crate::audit::Log;
use crate::error::Result;

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
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
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
}
