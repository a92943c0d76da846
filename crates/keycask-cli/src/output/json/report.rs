//! Answers: of verify, of a check, of the logs' own check.

use keycask::{Finding, LogReport, Verdict};
use serde::Serialize;

use crate::output::time::rfc3339;

/// The answer of verify.
#[derive(Serialize)]
pub(crate) struct VerdictView<'a> {
    outcome: &'static str,
    key_id: Option<String>,
    owner: Option<&'a str>,
    /// While a valid key is superseded.
    grace_until: Option<String>,
    missing_scope: Option<&'a str>,
}

impl<'a> VerdictView<'a> {
    pub(crate) fn of(verdict: &'a Verdict) -> Self {
        let outcome = verdict.outcome().as_str();
        match verdict {
            Verdict::Valid(key) => Self {
                outcome,
                key_id: Some(key.id().to_string()),
                owner: Some(key.owner()).filter(|owner| !owner.is_empty()),
                grace_until: key.grace_until().map(rfc3339),
                missing_scope: None,
            },
            Verdict::Refused(refusal) => Self {
                outcome,
                key_id: refusal.key_id().map(|id| id.to_string()),
                owner: refusal.owner(),
                grace_until: None,
                missing_scope: refusal.missing_scope(),
            },
        }
    }

    /// One line for people: the outcome first, then what is known.
    pub(crate) fn text(&self) -> String {
        let until = self.grace_until.as_ref().map(|until| format!("grace_until {until}"));
        let missing = self.missing_scope.map(|scope| format!("needs {scope}"));
        let owner = self.owner.map(str::to_owned);
        let told = [Some(self.outcome.to_owned()), self.key_id.clone(), owner, until, missing];
        told.into_iter().flatten().collect::<Vec<_>>().join("  ")
    }
}

/// One thing that is wrong.
#[derive(Serialize)]
pub(crate) struct FindingView<'a> {
    pub(crate) code: &'static str,
    pub(crate) message: &'a str,
}

impl<'a> FindingView<'a> {
    pub(crate) fn all(findings: &'a [Finding]) -> Vec<Self> {
        let view = |finding: &'a Finding| Self { code: finding.code(), message: finding.message() };
        findings.iter().map(view).collect()
    }

    pub(crate) fn text(&self) -> String {
        format!("{}: {}", self.code, self.message)
    }
}

/// One log, recomputed.
#[derive(Serialize)]
pub(crate) struct LogView<'a> {
    #[serde(skip)]
    pub(crate) name: &'static str,
    pub(crate) size: u64,
    pub(crate) root: String,
    pub(crate) findings: Vec<FindingView<'a>>,
}

impl<'a> LogView<'a> {
    pub(crate) fn of(log: &'a LogReport) -> Self {
        Self {
            name: log.log().as_str(),
            size: log.size(),
            root: hex(log.root()),
            findings: FindingView::all(log.findings()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
