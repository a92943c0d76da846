//! Import: digests that another system made of its keys.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr::null;

use keycask_core::{ImportFormat, ImportOptions, ImportReport, Recipe, Scheme};

use crate::actor::{at, keycask_actor, who};
use crate::error::{Failure, keycask_error};
use crate::guard::{access, make};
use crate::input::{Versioned, array, duration_ms, optional_parsed, optional_text, versioned};
use crate::status::keycask_status;
use crate::text::Texts;
use crate::vault::{Handle, vault};
use crate::words::{
    IMPORTS, KEYCASK_IMPORT_FORMAT_ANY, KEYCASK_IMPORT_FORMAT_CSV, KEYCASK_IMPORT_FORMAT_JSONL,
};

/// How to import, where a row doesn't say otherwise. Begin with KEYCASK_IMPORT_OPTIONS_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct keycask_import_options {
    /// sizeof(keycask_import_options), as KEYCASK_IMPORT_OPTIONS_INIT sets it.
    pub struct_size: usize,
    /// The scheme of rows that name none, such as `sha256`; NULL for SHA-256 of the whole key.
    pub scheme: *const c_char,
    /// Or the package whose digests they are, such as `unkey`; NULL for none.
    pub recipe: *const c_char,
    /// The owner of rows that name none; NULL for none.
    pub owner: *const c_char,
    /// The prefix of rows that name none; NULL for none.
    pub prefix: *const c_char,
    /// A KEYCASK_IMPORT_FORMAT_ number; 0 to recognise it.
    pub format: i32,
    /// Not 0 to import nothing where any line is refused.
    pub all_or_nothing: i32,
    /// Not 0 to report what an import would do, and change nothing.
    pub dry_run: i32,
}

// SAFETY: of integers and pointers, in C's layout, its size first.
unsafe impl Versioned for keycask_import_options {
    const NAME: &str = "keycask_import_options";
    const FIRST_SIZE: usize = size_of::<Self>();
}

/// What an import did, and what it has to say of single lines. Owned by the caller, to be released by
/// keycask_import_report_free.
pub struct keycask_import_report {
    report: ImportReport,
    messages: Texts,
}

/// # Safety
///
/// As for [`versioned`], and everything it points to as its type says.
unsafe fn options(
    given: *const keycask_import_options,
) -> Result<(Option<ImportFormat>, ImportOptions), Failure> {
    let mut options = ImportOptions::new();
    // SAFETY: the caller's.
    let given = unsafe {
        let given = versioned(given)?;
        let scheme = optional_parsed::<Scheme>(given.scheme, "scheme")?;
        let recipe = optional_parsed::<Recipe>(given.recipe, "recipe")?;
        options = match (scheme, recipe) {
            (Some(_), Some(_)) => return Err(Failure::invalid("recipe: scheme is given too; give one")),
            (Some(scheme), None) => options.scheme(scheme),
            (None, Some(recipe)) => options.recipe(recipe),
            (None, None) => options,
        };
        if let Some(owner) = optional_text(given.owner, "owner")? {
            options = options.owner(owner);
        }
        if let Some(prefix) = optional_text(given.prefix, "prefix")? {
            options = options.prefix(prefix);
        }
        given
    };
    if given.all_or_nothing != 0 {
        options = options.all_or_nothing();
    }
    if given.dry_run != 0 {
        options = options.dry_run();
    }
    Ok((format(given.format)?, options))
}

fn format(number: i32) -> Result<Option<ImportFormat>, Failure> {
    match number {
        KEYCASK_IMPORT_FORMAT_ANY => Ok(None),
        KEYCASK_IMPORT_FORMAT_CSV => Ok(Some(ImportFormat::Csv)),
        KEYCASK_IMPORT_FORMAT_JSONL => Ok(Some(ImportFormat::JsonLines)),
        other => Err(Failure::invalid(format!("format: {other} is none"))),
    }
}

/// Imports digests that another system made of its keys, from `text_len` bytes of JSON Lines or CSV: from
/// then on the keys work here. It takes effect at once and whole, at its end. A row that breaks a limit is
/// refused and reported, and the others are imported unless the options say otherwise. `options` may be
/// NULL.
///
/// Each row has a `digest` and may have `scheme`, `strength_bits`, `owner`, `name`, `prefix`, `scopes`,
/// `metadata`, `notify_email`, `created_at`, `not_before`, `expires_at` and `disabled`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_import(
    vault: Handle<'_>,
    text: *const c_char,
    text_len: usize,
    options: *const keycask_import_options,
    actor: *const keycask_actor,
    report_out: Option<&mut MaybeUninit<*mut keycask_import_report>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(report_out, "report_out", error_out, || {
        let vault = self::vault(vault)?;
        // SAFETY: pointers of the caller's, as the header says.
        let (text, (format, options), who) =
            unsafe { (array(text.cast::<u8>(), text_len, "text")?, self::options(options)?, who(actor)?) };
        let report = at!(who.now, vault.import_from | import_from_at(text, format, &options, &who.actor))?;
        let messages = Texts::of(report.notes().iter().map(|note| Some(note.message())));
        Ok(keycask_import_report { report, messages })
    })
}

fn count(report: Option<&keycask_import_report>, ask: impl FnOnce(&ImportReport) -> u64) -> u64 {
    access(0, || report.map_or(0, |report| ask(&report.report)))
}

/// Rows that became keys; of a dry run, that would.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_import_report_imported(report: Option<&keycask_import_report>) -> u64 {
    count(report, ImportReport::imported)
}

/// Rows whose digest was there already; none was changed.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_import_report_existing(report: Option<&keycask_import_report>) -> u64 {
    count(report, ImportReport::existing)
}

/// Lines that were refused.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_import_report_refused(report: Option<&keycask_import_report>) -> u64 {
    count(report, ImportReport::refused)
}

/// Rows with a warning; they are among the imported ones.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_import_report_warned(report: Option<&keycask_import_report>) -> u64 {
    count(report, ImportReport::warned)
}

/// The longest time that the import kept other writers from the vault, in milliseconds.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_import_report_longest_lock_ms(report: Option<&keycask_import_report>) -> i64 {
    access(0, || report.map_or(0, |report| duration_ms(report.report.longest_lock())))
}

/// How many notes on single lines there are.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_import_report_notes_len(report: Option<&keycask_import_report>) -> usize {
    access(0, || report.map_or(0, |report| report.report.notes().len()))
}

/// The line that the note at `index`, from 0 on, is about, from 1 on; 0 where there is none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_import_report_note_line(
    report: Option<&keycask_import_report>,
    index: usize,
) -> u64 {
    count(report, |report| report.notes().get(index).map_or(0, keycask_core::ImportNote::line))
}

/// What became of that line, a KEYCASK_IMPORT_ number; 0 where there is none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_import_report_note_outcome(
    report: Option<&keycask_import_report>,
    index: usize,
) -> i32 {
    access(0, || {
        let note = report.and_then(|report| report.report.notes().get(index));
        note.map_or(0, |note| IMPORTS.number(note.outcome()))
    })
}

/// Why, without a value of the row. Borrowed; NULL where there is none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_import_report_note_message(
    report: Option<&keycask_import_report>,
    index: usize,
) -> *const c_char {
    access(null(), || report.map_or(null(), |report| report.messages.get(index)))
}

/// Releases a report; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_import_report_free(report: Option<Box<keycask_import_report>>) {
    access((), || drop(report));
}
