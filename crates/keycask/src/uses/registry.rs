//! The handles of this process that write uses: for who asks what the process did, and for its exit.

use std::sync::{Arc, Mutex, Once, Weak};

use super::Shared;
use super::lane::lock;

/// Locked under a pass, so that no fork finds it locked.
static WRITING: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());

/// Adds a handle whose first use comes.
pub(super) fn add(shared: &Arc<Shared>) {
    static AT_EXIT: Once = Once::new();
    let Ok(_pass) = keycask_sqlite::enter() else { return };
    AT_EXIT.call_once(|| keycask_sqlite::at_exit(close_all));
    let mut writing = lock(&WRITING);
    writing.retain(|known| known.strong_count() > 0 && !known.ptr_eq(&Arc::downgrade(shared)));
    writing.push(Arc::downgrade(shared));
}

/// Those on the same file, itself included.
pub(super) fn others(shared: &Arc<Shared>) -> Vec<Arc<Shared>> {
    let path = shared.store.path();
    let mut others = all();
    others.retain(|other| other.store.path() == path);
    others
}

fn all() -> Vec<Arc<Shared>> {
    let Ok(_pass) = keycask_sqlite::enter() else { return Vec::new() };
    lock(&WRITING).iter().filter_map(Weak::upgrade).collect()
}

/// Writes what waits when the process exits without closing its handles.
fn close_all() {
    for shared in all() {
        shared.close();
    }
}
