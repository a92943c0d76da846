//! A consistent copy of a database that others go on writing. Source: <https://sqlite.org/backup.html>.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::connect;
use crate::create::{Draft, Permissions, check_place, close_synced};
use crate::error::OpenError;
use crate::fork;
use crate::inspect::{DatabaseFile, Format};

/// Pages that are copied between two looks at the progress.
const PAGES: i32 = 2_048;

/// Copies the database behind `source` to `path`, which must not exist, as of one moment: readers don't
/// hinder writers, and what is committed meanwhile is not in the copy. `progress` is told how many pages were
/// copied, and of how many.
///
/// The copy appears under its name when it is whole and synced, with a write-ahead log's mark and no log; and
/// not at all where `admit`, which is asked just before, fails.
pub fn copy<E: From<OpenError>>(
    source: &mut Connection,
    path: &Path,
    permissions: Permissions,
    format: Format,
    progress: &mut dyn FnMut(u64, u64),
    admit: impl FnOnce() -> Result<(), E>,
) -> Result<DatabaseFile, E> {
    let _pass = fork::enter()?;
    let path = check_place(path, permissions)?;
    let draft = Draft::new(&path, permissions)?;
    close_synced(copy_into(source, &draft.path, progress)?)?;
    admit()?;
    draft.publish(&path)?;
    Ok(DatabaseFile::inspect(&path, format)?)
}

/// Copies into an empty file, which is then open and has a log.
pub(crate) fn copy_into(
    source: &mut Connection,
    path: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Connection, OpenError> {
    let mut target = connect::open_alone(path)?;
    // A transaction that is held open keeps the copy at one moment: without it, each commit of another process
    // would make the copy begin anew, for ever under constant writing.
    let moment = source.transaction()?;
    moment.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    run(&Backup::new(&moment, &mut target)?, progress)?;
    moment.finish()?;
    target.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    Ok(target)
}

fn run(backup: &Backup<'_, '_>, progress: &mut dyn FnMut(u64, u64)) -> Result<(), OpenError> {
    loop {
        let step = backup.step(PAGES)?;
        let pages = backup.progress();
        let total = u64::try_from(pages.pagecount).unwrap_or(0);
        progress(total.saturating_sub(u64::try_from(pages.remaining).unwrap_or(0)), total);
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More if fork::is_awaited() => return Err(interrupted()),
            StepResult::More => {}
            // Nobody else can hold a lock that matters: the source is read, the target is ours alone.
            _ => {
                let error = std::io::Error::other("SQLite reported the copy as locked");
                return Err(OpenError::Io("copy the file", error));
            }
        }
    }
}

/// What SQLite says of a statement that was interrupted: a copy would keep a fork waiting for long.
fn interrupted() -> OpenError {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_INTERRUPT);
    OpenError::Sqlite(rusqlite::Error::SqliteFailure(code, None))
}
