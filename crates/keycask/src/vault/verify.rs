//! Verify: the question that every request of an API asks.

use std::sync::Arc;
use std::time::SystemTime;

use super::Vault;
use super::search::{Known, Searched};
use crate::clock::Moment;
use crate::error::Result;
use crate::key::{Key, Outcome, REQUEST_ID_LEN, Request, Verdict, check_text, judge};
use crate::policy::{UseAcknowledgement, UseMode};
use crate::store::NewUse;

impl Vault {
    /// Judges a presented secret. What isn't a secret at all, however long, is the outcome `malformed`.
    ///
    /// A use is written to the log of uses within 200 ms by a thread of the vault's, together with others, unless
    /// the policy or the request says otherwise; with the policy's `strict`, `valid` is answered only once it is
    /// written. Refusals are counted by the minute.
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
            Searched::Stranger(..) => Ok(None),
        }
    }

    fn verify_in(&self, presented: &[u8], request: &Request<'_>, moment: Moment) -> Result<Verdict> {
        request.id().map_or(Ok(()), |id| check_text("request_id", id, REQUEST_ID_LEN))?;
        match self.search(presented)? {
            Searched::Known(known) => self.judge_known(&known, request, moment),
            Searched::Stranger(reason, mode) => {
                if request.wants_event() && mode.or_else(|| self.cache.use_mode()) != Some(UseMode::Off) {
                    self.uses.count_stranger(Outcome::Refused(reason), presented, moment.at);
                }
                Ok(Verdict::refused(reason))
            }
        }
    }

    fn judge_known(&self, known: &Known, request: &Request<'_>, moment: Moment) -> Result<Verdict> {
        let verdict = judge(known.key.clone(), request, moment.at);
        let wants_event = request.wants_event() && known.settings.use_mode != UseMode::Off;
        match &verdict {
            Verdict::Valid(_) => {
                if wants_event {
                    self.record_use(known, request, moment)?;
                }
                if request.wants_event() {
                    self.move_to_current(known, moment)?;
                }
            }
            Verdict::Refused(refusal) => {
                log::debug!(target: "keycask::verify", "{} refused: {}", known.key.id, refusal.reason());
                if wants_event {
                    let (key, outcome) = (known.key.no, verdict.outcome());
                    self.uses.count_refusal(key, outcome, known.epoch, moment.at)?;
                }
            }
        }
        Ok(verdict)
    }

    fn record_use(&self, known: &Known, request: &Request<'_>, moment: Moment) -> Result<()> {
        let new = NewUse {
            at: moment.at,
            key: known.key.no,
            epoch: known.epoch,
            client: request.address(),
            request: request.id().map(Box::from),
            bucket: known.settings.use_mode == UseMode::Buckets,
        };
        match known.settings.use_acknowledgement {
            UseAcknowledgement::Batched => self.uses.record(new),
            UseAcknowledgement::Strict => self.uses.commit(new),
        }
    }

    /// Returns when every use that this handle recorded so far is in the file, and safe from a power cut.
    pub fn flush(&self) -> Result<()> {
        self.uses.flush()
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
