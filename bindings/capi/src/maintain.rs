//! Looking after a vault: backup, restore, migration, pruning, erasure.

use std::ffi::{CString, c_char};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::null;

use keycask_core::{Migration, Restore, RestoreReport};

use crate::actor::{at, keycask_actor, who, who_now};
use crate::cursor::keycask_keys;
use crate::error::{Failure, keycask_error};
use crate::guard::{access, guard, make, make_wanted};
use crate::input::{Versioned, path, text, versioned};
use crate::report::checkpoints;
use crate::status::{KEYCASK_OK, keycask_status};
use crate::text::c_string;
use crate::vault::{Handle, keycask_options, options, vault};

/// How to restore. Begin with KEYCASK_RESTORE_INIT.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct keycask_restore {
    /// sizeof(keycask_restore), as KEYCASK_RESTORE_INIT sets it.
    pub struct_size: usize,
    /// Checkpoints newer than the backup, as keycask_vault_checkpoint made them: by them the changes that
    /// are lost are counted, also where the old file is gone. NULL for none.
    pub checkpoints: *const c_char,
    /// Not 0 to revoke again what the vault that is replaced had revoked and the backup hasn't.
    pub reapply_revocations: i32,
    /// Not 0 to allow a backup of another vault.
    pub another_vault: i32,
}

// SAFETY: of integers and pointers, in C's layout, its size first.
unsafe impl Versioned for keycask_restore {
    const NAME: &str = "keycask_restore";
    const FIRST_SIZE: usize = size_of::<Self>();
}

/// What a restore did, and what was lost by it. Owned by the caller, to be released by
/// keycask_restore_report_free; its texts are borrowed from it.
pub struct keycask_restore_report {
    report: RestoreReport,
    aside: Option<CString>,
    old_logs: Vec<CString>,
    fault: Option<CString>,
}

impl From<RestoreReport> for keycask_restore_report {
    fn from(report: RestoreReport) -> Self {
        Self {
            aside: report.aside().map(c_path),
            old_logs: report.old_logs().iter().map(|path| c_path(path)).collect(),
            fault: report.fault().map(c_string),
            report,
        }
    }
}

fn c_path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap_or_default()
}

/// What an upgrade did. Owned by the caller, to be released by keycask_migration_free.
pub struct keycask_migration {
    migration: Migration,
    backup: Option<CString>,
}

/// Copies the vault to `path`, which must not exist, as of one moment while every process goes on. The copy
/// is a vault that opens as it is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_backup(
    vault: Handle<'_>,
    path: *const c_char,
    actor: *const keycask_actor,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    guard(error_out, || {
        let vault = self::vault(vault)?;
        // SAFETY: pointers of the caller's, as the header says.
        let (path, who) = unsafe { (self::path(path, "path")?, who(actor)?) };
        at!(who.now, vault.backup | backup_at(path, &who.actor))?;
        Ok(KEYCASK_OK)
    })
}

/// Puts a copy of `backup` in the place of the vault at `path`, which no process may have open; what was
/// there is kept beside it. `options`, which may be NULL, name the actor; `restore` may be NULL. What was
/// done goes to `report_out`, which may be NULL.
///
/// Fails with KEYCASK_CONFLICT while a process has the vault open, or where the backup is another vault's;
/// KEYCASK_DAMAGED where the backup is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_restore(
    backup: *const c_char,
    path: *const c_char,
    options: *const keycask_options,
    restore: *const keycask_restore,
    report_out: Option<&mut MaybeUninit<*mut keycask_restore_report>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make_wanted(report_out, error_out, || {
        // SAFETY: pointers of the caller's, as the header says.
        let (backup, path, options, restore) = unsafe {
            let (backup, path) = (self::path(backup, "backup")?, self::path(path, "path")?);
            (backup, path, self::options(options)?, how(restore)?)
        };
        Ok(options.restore(backup, path, &restore, |_| ())?.into())
    })
}

/// # Safety
///
/// As for [`versioned`], and its text as for [`checkpoints`].
unsafe fn how(given: *const keycask_restore) -> Result<Restore, Failure> {
    // SAFETY: the caller's.
    let (given, kept) = unsafe {
        let given = versioned(given)?;
        (given, checkpoints(given.checkpoints)?)
    };
    let mut restore = Restore::new().checkpoints(kept);
    if given.reapply_revocations != 0 {
        restore = restore.reapply_revocations();
    }
    Ok(if given.another_vault == 0 { restore } else { restore.another_vault() })
}

/// Where the file that was replaced is kept; NULL where there was none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_restore_report_aside(report: Option<&keycask_restore_report>) -> *const c_char {
    access(null(), || report.and_then(|report| report.aside.as_ref()).map_or(null(), |path| path.as_ptr()))
}

/// How many logs of a file that could not be read were renamed.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_restore_report_old_logs_len(report: Option<&keycask_restore_report>) -> usize {
    access(0, || report.map_or(0, |report| report.old_logs.len()))
}

/// Where the renamed log at `index`, from 0 on, is kept; NULL where there is none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_restore_report_old_log(
    report: Option<&keycask_restore_report>,
    index: usize,
) -> *const c_char {
    access(null(), || {
        report.and_then(|report| report.old_logs.get(index)).map_or(null(), |path| path.as_ptr())
    })
}

/// Whether there was an old file to compare the backup with, and it could be read. Where not, nobody knows
/// which revocations were lost.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_restore_report_compared(report: Option<&keycask_restore_report>) -> bool {
    access(false, || report.is_some_and(|report| report.report.compared()))
}

/// Why the old file could not be read; NULL where it could.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_restore_report_fault(report: Option<&keycask_restore_report>) -> *const c_char {
    access(null(), || report.and_then(|report| report.fault.as_ref()).map_or(null(), |fault| fault.as_ptr()))
}

/// How many keys of the old file the backup doesn't know: they are unknown now.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_restore_report_lost_keys(report: Option<&keycask_restore_report>) -> u64 {
    access(0, || report.map_or(0, |report| report.report.lost_keys()))
}

/// How many of the revocations were made again.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_restore_report_reapplied(report: Option<&keycask_restore_report>) -> u64 {
    access(0, || report.map_or(0, |report| report.report.reapplied()))
}

/// How many changes the backup lacks, where the old file or a checkpoint tells; -1 where nothing does.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_restore_report_lost_changes(report: Option<&keycask_restore_report>) -> i64 {
    access(-1, || {
        let lost = report.and_then(|report| report.report.lost_changes());
        lost.map_or(-1, |lost| i64::try_from(lost).unwrap_or(i64::MAX))
    })
}

/// The keys that the old file had revoked and the backup hasn't: unless they were revoked again, they may
/// be accepted now.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_restore_report_missing_revocations(
    report: Option<&keycask_restore_report>,
    keys_out: Option<&mut MaybeUninit<*mut keycask_keys>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(keys_out, "keys_out", error_out, || {
        let report = report.ok_or_else(|| Failure::null("report"))?;
        Ok(keycask_keys::listed(report.report.missing_revocations().to_vec()))
    })
}

/// The keys that the old file refused for another reason (disabled, rotated out, expired), and that are
/// accepted now.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_restore_report_accepted_again(
    report: Option<&keycask_restore_report>,
    keys_out: Option<&mut MaybeUninit<*mut keycask_keys>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(keys_out, "keys_out", error_out, || {
        let report = report.ok_or_else(|| Failure::null("report"))?;
        Ok(keycask_keys::listed(report.report.accepted_again().to_vec()))
    })
}

/// Releases a report; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_restore_report_free(report: Option<Box<keycask_restore_report>>) {
    access((), || drop(report));
}

/// Upgrades the vault at `path` to this library's schema, while other processes go on. With `backup` not 0
/// a copy is made first where there is something to upgrade. `options`, which may be NULL, name the actor.
/// What was done goes to `migration_out`, which may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_migrate(
    path: *const c_char,
    options: *const keycask_options,
    backup: i32,
    migration_out: Option<&mut MaybeUninit<*mut keycask_migration>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make_wanted(migration_out, error_out, || {
        // SAFETY: pointers of the caller's, as the header says.
        let (path, options) = unsafe { (self::path(path, "path")?, self::options(options)?) };
        let migration = options.migrate(path, backup != 0)?;
        Ok(keycask_migration { backup: migration.backup().map(c_path), migration })
    })
}

/// The schema that the vault had; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_migration_from(migration: Option<&keycask_migration>) -> i32 {
    access(0, || migration.map_or(0, |migration| migration.migration.from()))
}

/// The schema that it has; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_migration_to(migration: Option<&keycask_migration>) -> i32 {
    access(0, || migration.map_or(0, |migration| migration.migration.to()))
}

/// The copy that was made before; NULL where there was nothing to upgrade, or none was wanted. Borrowed.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_migration_backup(migration: Option<&keycask_migration>) -> *const c_char {
    access(null(), || {
        migration.and_then(|migration| migration.backup.as_ref()).map_or(null(), |path| path.as_ptr())
    })
}

/// Releases it; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_migration_free(migration: Option<Box<keycask_migration>>) {
    access((), || drop(migration));
}

/// Prunes the uses that the policy no longer keeps, the oldest first. `pruned_out`, which may be NULL, is
/// set to how many there were.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_prune(
    vault: Handle<'_>,
    actor: *const keycask_actor,
    pruned_out: Option<&mut MaybeUninit<u64>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    guard(error_out, || {
        let slot = pruned_out.map(|slot| slot.write(0));
        let vault = self::vault(vault)?;
        // SAFETY: a struct of the caller's, as the header says.
        let who = unsafe { who(actor) }?;
        let pruned = at!(who.now, vault.prune | prune_at(&who.actor))?;
        if let Some(slot) = slot {
            *slot = pruned;
        }
        Ok(KEYCASK_OK)
    })
}

/// Erases what names a person: as an actor, with address and note; as an owner, with the notes on their
/// keys and the names, metadata and addresses of the keys. `changes_out`, which may be NULL, is set to how
/// many changes were blanked.
///
/// Fails with KEYCASK_CONFLICT while a key of the person's lives: revoke it first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn keycask_vault_erase_person(
    vault: Handle<'_>,
    person: *const c_char,
    actor: *const keycask_actor,
    changes_out: Option<&mut MaybeUninit<u64>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    guard(error_out, || {
        let slot = changes_out.map(|slot| slot.write(0));
        // SAFETY: pointers of the caller's, as the header says.
        let (person, actor) = unsafe { (text(person, "person")?, who_now(actor)?) };
        let changes = self::vault(vault)?.erase_person(person, &actor)?;
        if let Some(slot) = slot {
            *slot = changes;
        }
        Ok(KEYCASK_OK)
    })
}
