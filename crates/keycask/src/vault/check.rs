//! Whether the vault is whole: its structure, its rows, and both logs leaf by leaf.

use super::Vault;
use super::logs::wrong_end;
use crate::audit::Log;
use crate::error::Result;
use crate::store::Snapshot;

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

/// The parts of a deep check, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckPart {
    /// SQLite's thorough check of the file.
    File,
    /// What rows must have in common.
    Rows,
    /// Both logs, leaf by leaf.
    Logs,
}

impl CheckPart {
    /// What is looked at, in a few words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "every page, index and row of the file",
            Self::Rows => "keys, rotations, events and figures against each other",
            Self::Logs => "both logs, leaf by leaf",
        }
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
                findings.extend(wrong_end(*log, &snapshot.log(*log)?, snapshot.last_seq(*log)?));
            }
            Ok(findings)
        })?;
        Ok(CheckReport { findings })
    }

    /// Looks for damage as thoroughly as it can: all that [`check`](Self::check) does, SQLite's integrity
    /// check, the rules that keys, rotations, events and figures must keep, and both logs leaf by leaf.
    /// `progress` is told each part as it begins. It reads everything and changes nothing.
    pub fn check_deep(&self, mut progress: impl FnMut(CheckPart)) -> Result<CheckReport> {
        progress(CheckPart::File);
        let mut findings = self.check()?.findings;
        findings.extend(self.store.read(file_findings)?);
        progress(CheckPart::Rows);
        findings.extend(self.store.read(row_findings)?);
        progress(CheckPart::Logs);
        let logs = self.verify_logs()?;
        findings.extend(logs.logs().iter().flat_map(|log| log.findings().to_vec()));
        let mut known = Vec::new();
        findings.retain(|finding| {
            !known.contains(finding) && {
                known.push(finding.clone());
                true
            }
        });
        Ok(CheckReport { findings })
    }
}

fn file_findings(snapshot: &Snapshot<'_>) -> Result<Vec<Finding>> {
    let damage = |line: String| Finding::new("integrity", format!("{line}; restore a backup"));
    let dangling = |table: String| {
        Finding::new(
            "reference",
            format!("a row of {table} refers to one that isn't there; restore a backup"),
        )
    };
    let mut findings: Vec<_> = snapshot.integrity_faults()?.into_iter().map(damage).collect();
    findings.extend(snapshot.dangling_references()?.into_iter().map(dangling));
    Ok(findings)
}

fn row_findings(snapshot: &Snapshot<'_>) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (rule, ids) in snapshot.broken_rules(TOLD)? {
        let finding = |id| Finding::new(rule.code, format!("{id} {}; {}", rule.fault, rule.remedy));
        findings.extend(ids.into_iter().map(finding));
    }
    if snapshot.pepper_removed()? {
        let what = "the log tells of a pepper, and the vault has none: somebody removed it";
        findings.push(Finding::new(
            "pepper",
            format!("{what}; restore a backup, and look at who could write the file"),
        ));
    }
    let strays = snapshot.stray_uses()?;
    if strays > 0 {
        let what = format!("{strays} uses are of keys that aren't there: rows of keys were deleted");
        findings.push(Finding::new(
            "stray_use",
            format!("{what}; restore a backup, and look at who could write the file"),
        ));
    }
    if snapshot.min_schemas_differ()? {
        let what = "processes that have the file open go by another schema than those that open it";
        findings.push(Finding::new("min_schema", format!("{what}; restore a backup")));
    }
    let segments = snapshot.segment_faults()?;
    if segments > 0 {
        let what = format!("{segments} segments of the log of uses don't fit it");
        findings.push(Finding::new(
            "segments",
            format!("{what}: lists of a key's uses may miss some; restore a backup"),
        ));
    }
    Ok(findings)
}
