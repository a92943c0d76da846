//! The wish to end: SIGTERM and SIGINT, taken between two deliveries and never inside of one.

use std::os::fd::AsFd as _;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::SignalFd;

use crate::failure::Failure;

/// Signals that wait in a descriptor until somebody looks. Once it is dropped they do again what they did.
pub(crate) struct Stop {
    descriptor: SignalFd,
    before: SigSet,
}

impl Stop {
    /// Takes the signals of this thread and those that it starts from now on.
    pub(crate) fn take() -> Result<Self, Failure> {
        let signals = SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT]);
        let failed = |error: nix::Error| Failure::io("wait for signals", &error.into());
        let before = SigSet::thread_get_mask().map_err(failed)?;
        signals.thread_block().map_err(failed)?;
        let descriptor = SignalFd::new(&signals).map_err(failed)?;
        Ok(Self { descriptor, before })
    }

    /// Waits at most so long; whether somebody wishes to end.
    pub(crate) fn within(&self, time: Duration) -> Result<bool, Failure> {
        let timeout = i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
        let timeout = PollTimeout::try_from(timeout).unwrap_or(PollTimeout::MAX);
        let mut waited_for = [PollFd::new(self.descriptor.as_fd(), PollFlags::POLLIN)];
        match poll(&mut waited_for, timeout) {
            Ok(ready) => Ok(ready > 0),
            Err(nix::Error::EINTR) => Ok(false),
            Err(error) => Err(Failure::io("wait for signals", &error.into())),
        }
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        // The signal that ended the command is taken, so that it doesn't end the process as well.
        let _ = self.descriptor.read_signal();
        let _ = self.before.thread_set_mask();
    }
}
