//! Who is inside SQLite, and whether a fork waits for them.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::thread::futex::{self, Flags};

/// Between two looks at those who are waited for.
const STEP: Duration = Duration::from_millis(10);

/// Threads that hold a pass.
static INSIDE: AtomicU32 = AtomicU32::new(0);
/// 1 from the prepare handler of a fork to its end.
static FORKING: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// The passes of this thread: those after the first cost nothing and never wait.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// The right to use SQLite, of one thread. A fork in another thread waits until it is dropped.
#[derive(Debug)]
pub struct Pass(PhantomData<*const ()>);

impl Drop for Pass {
    fn drop(&mut self) {
        let left = DEPTH.get() - 1;
        DEPTH.set(left);
        if left == 0 {
            leave();
        }
    }
}

/// Whether a fork waits for the passes that are held: who could begin something new should drop its pass first.
#[must_use]
pub fn is_awaited() -> bool {
    FORKING.load(Ordering::Relaxed) != 0
}

pub(super) fn enter() -> Pass {
    let depth = DEPTH.get();
    if depth == 0 {
        wait_outside();
    }
    DEPTH.set(depth + 1);
    Pass(PhantomData)
}

fn wait_outside() {
    loop {
        // One order for all: a fork that doesn't see this entry is seen by it.
        INSIDE.fetch_add(1, Ordering::SeqCst);
        if FORKING.load(Ordering::SeqCst) == 0 {
            return;
        }
        leave();
        wait(&FORKING, 1, None);
    }
}

fn leave() {
    INSIDE.fetch_sub(1, Ordering::SeqCst);
    if FORKING.load(Ordering::SeqCst) != 0 {
        wake(&INSIDE);
    }
}

/// Whether this thread holds a pass, and so would wait for itself.
pub(super) fn is_inside() -> bool {
    DEPTH.get() > 0
}

/// Stops new passes and waits until no other thread holds one; `tick` is called while that takes. `false` where
/// somebody still does when `patience` is over.
pub(super) fn close(patience: Duration, mut tick: impl FnMut(Duration)) -> bool {
    while FORKING.compare_exchange(0, 1, Ordering::SeqCst, Ordering::SeqCst).is_err() {
        wait(&FORKING, 1, None);
    }
    let own = u32::from(is_inside());
    let started = Instant::now();
    loop {
        let inside = INSIDE.load(Ordering::SeqCst);
        if inside <= own {
            return true;
        }
        let waited = started.elapsed();
        if waited >= patience {
            return false;
        }
        tick(waited);
        wait(&INSIDE, inside, Some(STEP));
    }
}

/// Ends the fork in the parent.
pub(super) fn open() {
    FORKING.store(0, Ordering::SeqCst);
    wake(&FORKING);
}

/// Ends the fork in the child, whose only thread is this one.
pub(super) fn open_alone() {
    INSIDE.store(u32::from(is_inside()), Ordering::SeqCst);
    FORKING.store(0, Ordering::SeqCst);
}

fn wait(word: &AtomicU32, value: u32, timeout: Option<Duration>) {
    let timeout = timeout.and_then(|timeout| timeout.try_into().ok());
    // Woken, changed before, interrupted or timed out: the caller looks again.
    let _ = futex::wait(word, Flags::PRIVATE, value, timeout.as_ref());
}

fn wake(word: &AtomicU32) {
    let _ = futex::wake(word, Flags::PRIVATE, i32::MAX.unsigned_abs());
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    /// One test, since the gate is the process's: passes nest, a fork waits for them and is waited for.
    #[test]
    fn a_fork_and_passes_wait_for_each_other() {
        let outer = enter();
        drop((enter(), enter()));
        assert!(is_inside());
        let waits = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let fork =
                scope.spawn(|| close(Duration::from_secs(20), |_| waits.store(true, Ordering::SeqCst)));
            while !waits.load(Ordering::SeqCst) && !fork.is_finished() {
                std::thread::yield_now();
            }
            assert!(is_awaited());
            // Who holds a pass gets more of them even now.
            drop(enter());
            drop(outer);
            assert!(waits.load(Ordering::SeqCst) && fork.join().is_ok_and(|closed| closed));
            let waiting = scope.spawn(|| drop(enter()));
            std::thread::sleep(Duration::from_millis(30));
            assert!(!waiting.is_finished());
            open();
        });
        let _pass = enter();
        // Not at once: tests beside this one hold passes as well.
        assert!(close(Duration::from_secs(20), |_| ()), "a fork waits for itself");
        open();
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(!close(Duration::from_millis(20), |_| ()), "a pass was overlooked"));
        });
        open();
    }
}
