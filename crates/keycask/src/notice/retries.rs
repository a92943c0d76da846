//! How often, and after which waits, a failed delivery is tried again.

use std::time::Duration;

/// How often a sender tries, and how long it waits after a failure: the first wait doubles with each further
/// failure up to the longest. There is no jitter.
///
/// Where nothing is said: a minute, doubled up to six hours, and 16 attempts, which are spread over 44 hours.
///
/// ```
/// use std::time::Duration;
///
/// use keycask::Retries;
///
/// let retries = Retries::new().first(Duration::from_secs(30)).attempts(5);
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Retries {
    first: Duration,
    longest: Duration,
    attempts: u32,
}

impl Default for Retries {
    fn default() -> Self {
        Self { first: Duration::from_secs(60), longest: Duration::from_secs(6 * 3600), attempts: 16 }
    }
}

impl Retries {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The wait after the first failure.
    pub fn first(mut self, wait: Duration) -> Self {
        self.first = wait;
        self
    }

    /// The longest wait.
    pub fn longest(mut self, wait: Duration) -> Self {
        self.longest = wait;
        self
    }

    /// How many attempts there are before a notice is given up; at least one.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// The wait after so many failures; `None` once there were too many.
    pub(crate) fn wait_after(&self, failures: u32) -> Option<Duration> {
        let doublings = failures.saturating_sub(1);
        let wait = 1_u32.checked_shl(doublings).and_then(|factor| self.first.checked_mul(factor));
        (failures < self.attempts).then(|| wait.unwrap_or(self.longest).min(self.longest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_the_longest_and_ends() {
        let retries = Retries::new();
        let waits: Vec<u64> = (1..16).map(|n| retries.wait_after(n).unwrap().as_secs() / 60).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360, 360, 360, 360]);
        assert_eq!(waits.iter().sum::<u64>() / 60, 44);
        assert_eq!(retries.wait_after(16), None);
        assert_eq!(retries.wait_after(u32::MAX), None);
        let endless = Retries::new().attempts(u32::MAX);
        assert_eq!(endless.wait_after(1_000_000), Some(Duration::from_secs(6 * 3600)));
        assert_eq!(Retries::new().attempts(0).wait_after(1), None);
    }
}
