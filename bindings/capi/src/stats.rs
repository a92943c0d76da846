//! What is going on: figures of the vault.

use std::mem::MaybeUninit;

use keycask_core::Stats;

use crate::error::keycask_error;
use crate::guard::{access, make};
use crate::input::optional_time;
use crate::status::keycask_status;
use crate::vault::{Handle, vault};
use crate::words::{LOGS, STATES, outcome};

/// Figures of a vault at a point in time. Owned by the caller, to be released by keycask_stats_free. The
/// accessors answer 0 for NULL and for a number that is none.
pub struct keycask_stats {
    stats: Stats,
}

/// Figures of the vault, with states as of `now_ms`; 0 for now. It reads every key and every use: for a
/// look now and then, not for each request.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_vault_stats(
    vault: Handle<'_>,
    now_ms: i64,
    stats_out: Option<&mut MaybeUninit<*mut keycask_stats>>,
    error_out: Option<&mut MaybeUninit<*mut keycask_error>>,
) -> keycask_status {
    make(stats_out, "stats_out", error_out, || {
        let vault = self::vault(vault)?;
        let stats = match optional_time(now_ms, "now_ms")? {
            None => vault.stats()?,
            Some(now) => vault.stats_at(now)?,
        };
        Ok(keycask_stats { stats })
    })
}

fn figure(figures: Option<&keycask_stats>, ask: impl FnOnce(&Stats) -> u64) -> u64 {
    access(0, || figures.map_or(0, |figures| ask(&figures.stats)))
}

fn of<T: Copy + PartialEq>(counts: &[(T, u64)], wanted: Option<T>) -> u64 {
    counts.iter().filter(|(word, _)| wanted == Some(*word)).map(|(_, count)| count).sum()
}

/// How many keys are in a state, a KEYCASK_STATE_ number.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_stats_keys(figures: Option<&keycask_stats>, state: i32) -> u64 {
    figure(figures, |stats| of(stats.keys(), STATES.word(state).ok()))
}

/// How many verifies had an outcome, a KEYCASK_OUTCOME_ number, of those that the log of uses still holds.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_stats_verifies(figures: Option<&keycask_stats>, outcome: i32) -> u64 {
    figure(figures, |stats| of(stats.verifies(), self::outcome(outcome).ok()))
}

/// How many events a log has had, a KEYCASK_LOG_ number.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_stats_log_size(figures: Option<&keycask_stats>, log: i32) -> u64 {
    figure(figures, |stats| of(stats.log_sizes(), LOGS.word(log).ok()))
}

/// How many of the uses were pruned.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_stats_pruned_uses(figures: Option<&keycask_stats>) -> u64 {
    figure(figures, Stats::pruned_uses)
}

/// The size of the file in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_stats_file_bytes(figures: Option<&keycask_stats>) -> u64 {
    figure(figures, Stats::file_bytes)
}

/// The size of its write-ahead log in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_stats_wal_bytes(figures: Option<&keycask_stats>) -> u64 {
    figure(figures, Stats::wal_bytes)
}

/// Changes that this handle tried.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_stats_busy_changes(figures: Option<&keycask_stats>) -> u64 {
    figure(figures, |stats| stats.busy().changes())
}

/// Changes that had to wait for another writer, a thread of this handle or another process.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_stats_busy_waited(figures: Option<&keycask_stats>) -> u64 {
    figure(figures, |stats| stats.busy().waited())
}

/// Changes that failed as busy.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_stats_busy_failed(figures: Option<&keycask_stats>) -> u64 {
    figure(figures, |stats| stats.busy().failed())
}

/// Releases figures; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_stats_free(figures: Option<Box<keycask_stats>>) {
    access((), || drop(figures));
}
