//! Whether the vault is whole, and whether its logs are what they were: checks, checkpoints, and what they
//! found.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr::null;

use keycask_core::{Checkpoint, Finding, Log, LogReport, NoteSigner, NoteVerifier};

use crate::error::{Failure, keycask_error};
use crate::guard::{access, make};
use crate::input::optional_text;
use crate::status::keycask_status;
use crate::text::{Texts, keycask_text};
use crate::vault::{Handle, vault};
use crate::words::LOGS;

/// What a check found. Owned by the caller, to be released by keycask_report_free; its texts are borrowed
/// from it.
pub struct keycask_report {
    /// Of each finding the code, then the message.
    findings: Texts,
    /// Of each log its size and its root, where logs were looked at.
    logs: Vec<(Log, u64)>,
    roots: Texts,
}

impl keycask_report {
    fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>, logs: &[LogReport]) -> Self {
        let texts = |finding: &'a Finding| [Some(finding.code()), Some(finding.message())];
        Self {
            findings: Texts::of(findings.into_iter().flat_map(texts)),
            logs: logs.iter().map(|log| (log.log(), log.size())).collect(),
            roots: Texts::of(logs.iter().map(|log| Some(log.root_hex()))),
        }
    }

    fn place(&self, log: i32) -> Option<usize> {
        let log = LOGS.word(log).ok()?;
        self.logs.iter().position(|(known, _)| *known == log)
    }
}

/// Looks for damage, reads the whole file and changes nothing. With `deep` not 0 it looks at everything,
/// both logs leaf by leaf. KEYCASK_OK means that it could look; keycask_report_ok tells whether all is
/// well.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_vault_check(
    vault: Handle<'_>,
    deep: i32,
    report_out: Option<&mut MaybeUninit<*mut keycask_report>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(report_out, "report_out", error_out, || {
        let vault = self::vault(vault)?;
        let report = if deep == 0 { vault.check()? } else { vault.check_deep(|_| ())? };
        Ok(keycask_report::of(report.findings(), &[]))
    })
}

/// The sizes and roots of both logs as of now, as text to keep elsewhere: whoever holds it sees when a log
/// is rewritten or cut. `signing_key` is the text of an Ed25519 key for signed notes
/// (`PRIVATE+KEY+NAME+ID+KEY`), or NULL for checkpoints without a signature.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_checkpoint(
    vault: Handle<'_>,
    signing_key: *const c_char,
    checkpoint_out: Option<&mut MaybeUninit<*mut keycask_text>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(checkpoint_out, "checkpoint_out", error_out, || {
        let vault = self::vault(vault)?;
        // SAFETY: a text of the caller's, as the header says.
        let signer =
            unsafe { optional_text(signing_key, "signing_key") }?.map(NoteSigner::parse).transpose()?;
        let notes = vault.checkpoint()?;
        let notes: String = notes.iter().map(|checkpoint| checkpoint.to_note(signer.as_ref())).collect();
        Ok(keycask_text::of(&notes))
    })
}

/// Recomputes every leaf and both roots from the rows, and compares them with the trees that the file states.
///
/// `checkpoints` is text that keycask_vault_checkpoint made earlier and that was kept elsewhere, or NULL:
/// then today's logs must begin with what it says. With a `verifier_key` (`NAME+ID+KEY`), which may be
/// NULL, each checkpoint must carry its signature. KEYCASK_OK means that it could look; keycask_report_ok
/// tells whether all is well.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_verify_logs(
    vault: Handle<'_>,
    checkpoints: *const c_char,
    verifier_key: *const c_char,
    report_out: Option<&mut MaybeUninit<*mut keycask_report>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(report_out, "report_out", error_out, || {
        let vault = self::vault(vault)?;
        // SAFETY: texts of the caller's, as the header says.
        let (kept, verifier) =
            unsafe { (self::checkpoints(checkpoints)?, optional_text(verifier_key, "verifier_key")?) };
        let verifier = verifier.map(NoteVerifier::parse).transpose()?;
        let report = vault.verify_logs_since(&kept, verifier.as_ref())?;
        Ok(keycask_report::of(report.logs().iter().flat_map(LogReport::findings), report.logs()))
    })
}

/// # Safety
///
/// As for [`optional_text`].
pub(crate) unsafe fn checkpoints(given: *const c_char) -> Result<Vec<Checkpoint>, Failure> {
    // SAFETY: the caller's.
    match unsafe { optional_text(given, "checkpoints") }? {
        None => Ok(Vec::new()),
        Some(text) => Ok(Checkpoint::parse_all(text)?),
    }
}

/// Whether nothing was found; false for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_report_ok(report: Option<&keycask_report>) -> bool {
    access(false, || report.is_some_and(|report| report.findings.len() == 0))
}

/// How many findings there are.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_report_findings_len(report: Option<&keycask_report>) -> usize {
    access(0, || report.map_or(0, |report| report.findings.len() / 2))
}

/// The sort of the finding at `index`, from 0 on, a stable word; NULL where there is none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_report_code(report: Option<&keycask_report>, index: usize) -> *const c_char {
    access(null(), || report.map_or(null(), |report| report.findings.get(index.saturating_mul(2))))
}

/// What was found, and what to do; NULL where there is none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_report_message(report: Option<&keycask_report>, index: usize) -> *const c_char {
    let place = index.saturating_mul(2).saturating_add(1);
    access(null(), || report.map_or(null(), |report| report.findings.get(place)))
}

/// How many events a log has had, a KEYCASK_LOG_ number; 0 unless keycask_vault_verify_logs made the report.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_report_log_size(report: Option<&keycask_report>, log: i32) -> u64 {
    access(0, || {
        let entry = report.and_then(|report| report.logs.get(report.place(log)?));
        entry.map_or(0, |(_, size)| *size)
    })
}

/// The root of a log's tree in lower-case hexadecimal; NULL unless keycask_vault_verify_logs made the report.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_report_log_root(report: Option<&keycask_report>, log: i32) -> *const c_char {
    access(null(), || {
        let root = report.and_then(|report| Some(report.roots.get(report.place(log)?)));
        root.unwrap_or(null())
    })
}

/// Releases a report; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_report_free(report: Option<Box<keycask_report>>) {
    access((), || drop(report));
}
