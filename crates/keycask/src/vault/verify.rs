//! Verify: the question that every request of an API asks.

use std::sync::Arc;
use std::time::SystemTime;

use super::Vault;
use super::search::{Known, Searched};
use crate::clock::Moment;
use crate::error::Result;
use crate::key::{Key, Outcome, REQUEST_ID_LEN, Reason, Request, Verdict, check_text, judge};
use crate::policy::UseMode;

const MINUTE_MS: i64 = 60_000;
const BUCKET_MS: i64 = 5 * MINUTE_MS;

impl Vault {
    /// Judges a presented secret. What isn't a secret at all, however long, is the outcome `malformed`.
    ///
    /// A use of a known key is in the log of uses when this returns, unless the policy or the request says
    /// otherwise.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let vault = keycask::Vault::create(folder.path().join("keys.db"))?;
    /// # let actor = keycask::Actor::new("alice")?;
    /// use keycask::{NewKey, Reason, Request, Verdict};
    ///
    /// let issued = vault.create_key(NewKey::new("acme_live").owner("acct_42").scope("reports:read"), &actor)?;
    /// let presented = issued.secret().expose();
    /// match vault.verify(presented, &Request::new().scope("reports:read").prefix("acme_live"))? {
    ///     Verdict::Valid(key) => assert_eq!(key.owner(), "acct_42"),
    ///     Verdict::Refused(refusal) => panic!("refused: {}", refusal.reason()),
    /// }
    /// match vault.verify("acme_live_typo", &Request::new())? {
    ///     Verdict::Valid(_) => panic!("let in"),
    ///     Verdict::Refused(refusal) => assert_eq!(refusal.reason(), Reason::Malformed),
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The vault could not answer: let no one in, and answer 503 rather than 401.
    pub fn verify(&self, presented: impl AsRef<[u8]>, request: &Request<'_>) -> Result<Verdict> {
        self.verify_in(presented.as_ref(), request, self.clock.now())
    }

    /// [`verify`](Self::verify) as of `now`.
    pub fn verify_at(
        &self,
        presented: impl AsRef<[u8]>,
        request: &Request<'_>,
        now: SystemTime,
    ) -> Result<Verdict> {
        self.verify_in(presented.as_ref(), request, Moment::given(now)?)
    }

    /// The key that a secret belongs to, whatever its state, or `None` where it is malformed or unknown.
    /// It is not a use of the key, and no answer to whether it may be served.
    pub fn identify(&self, presented: impl AsRef<[u8]>) -> Result<Option<Key>> {
        match self.search(presented.as_ref())? {
            Searched::Known(known) => Ok(Some(Arc::unwrap_or_clone(known.key))),
            Searched::Malformed | Searched::Unknown => Ok(None),
        }
    }

    fn verify_in(&self, presented: &[u8], request: &Request<'_>, moment: Moment) -> Result<Verdict> {
        request.id().map_or(Ok(()), |id| check_text("request_id", id, REQUEST_ID_LEN))?;
        let known = match self.search(presented)? {
            Searched::Malformed => return Ok(Verdict::refused(Reason::Malformed)),
            Searched::Unknown => return Ok(Verdict::refused(Reason::Unknown)),
            Searched::Known(known) => known,
        };
        let verdict = judge(known.key.clone(), request, moment.at);
        if let Verdict::Refused(refusal) = &verdict {
            log::debug!(target: "keycask::verify", "{} refused: {}", known.key.id, refusal.reason());
        }
        if request.wants_event() {
            self.record_use(&known, verdict.outcome(), request, moment)?;
            if verdict.outcome() == Outcome::Valid {
                self.move_to_current(&known, moment)?;
            }
        }
        Ok(verdict)
    }

    /// Refusals are counted by the minute, so that a client that goes on with a dead key can't fill the disk.
    fn record_use(
        &self,
        known: &Known,
        outcome: Outcome,
        request: &Request<'_>,
        moment: Moment,
    ) -> Result<()> {
        let (key, epoch, mode) = (known.key.no, known.epoch, known.use_mode);
        if mode == UseMode::Off {
            return Ok(());
        }
        self.change(moment, |change| {
            change.close_counts()?;
            match (outcome, mode) {
                (Outcome::Refused(_), _) => change.count_use(key, outcome, epoch, MINUTE_MS),
                (Outcome::Valid, UseMode::Buckets) => change.count_use(key, outcome, epoch, BUCKET_MS),
                (Outcome::Valid, _) => {
                    change.record_use(key, outcome, epoch, request.address(), request.id())
                }
            }
        })
    }

    /// Returns when every use that was acknowledged so far is durable. In this version it is so already.
    pub fn flush(&self) -> Result<()> {
        self.store.peek(|snapshot| snapshot.clock_mark()).map(drop)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use crate::{Actor, NewKey, VaultOptions};

    /// A statement that is prepared anew for each value costs ten times its work.
    #[test]
    fn a_lookup_is_prepared_once() {
        let vault = VaultOptions::new().create_in_memory().unwrap();
        let issued = vault.create_key(NewKey::new("acme_live"), &Actor::new("test").unwrap()).unwrap();
        for _ in 0..5 {
            assert!(vault.identify(issued.secret().expose()).unwrap().is_some());
        }
        let again = vault.store.read(|snapshot| Ok(snapshot.lookups_prepared_anew())).unwrap();
        assert_eq!(again, 0);
    }
}
