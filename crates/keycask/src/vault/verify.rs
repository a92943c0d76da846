//! Verify: the question that every request of an API asks.

use std::sync::Arc;
use std::time::SystemTime;

use super::Vault;
use super::search::{Known, Searched, digest_of};
use crate::clock::Moment;
use crate::error::Result;
use crate::key::{Key, Outcome, REQUEST_ID_LEN, Reason, Request, Verdict, check_text, judge};
use crate::policy::{UseAcknowledgement, UseMode};
use crate::store::{NewUse, Settings};

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

    /// [`verify`](Self::verify), or [`verify_at`](Self::verify_at) where `now` is given, with the moment that was
    /// judged by; `None` where that takes a look at the file. For bindings to languages in which letting others run
    /// meanwhile would cost more than the answer.
    #[doc(hidden)]
    pub fn verify_remembered(
        &self,
        presented: &[u8],
        request: &Request<'_>,
        now: Option<SystemTime>,
    ) -> Option<(Result<Verdict>, SystemTime)> {
        check_id(request).ok()?;
        let moment = now.map_or_else(|| Ok(self.clock.now()), Moment::given).ok()?;
        let known = self.remembered(&digest_of(presented)?)?;
        let Settings { use_mode, use_acknowledgement, .. } = known.settings;
        let leaves_no_trace = use_mode == UseMode::Off || !request.wants_event();
        let is_queued = use_acknowledgement == UseAcknowledgement::Batched && self.uses.are_queued();
        let judge = || (self.judge_known(known, request, moment), moment.at.into());
        (leaves_no_trace || is_queued).then(judge)
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
        check_id(request)?;
        let Some(digest) = digest_of(presented) else {
            return Ok(self.refuse_stranger(Reason::Malformed, None, presented, request, moment));
        };
        if let Some(known) = self.remembered(&digest) {
            return self.judge_known(known, request, moment);
        }
        match self.search_digest(presented, &digest)? {
            Searched::Known(known) => self.judge_known(known, request, moment),
            Searched::Stranger(reason, mode) => {
                Ok(self.refuse_stranger(reason, mode, presented, request, moment))
            }
        }
    }

    fn refuse_stranger(
        &self,
        reason: Reason,
        mode: Option<UseMode>,
        presented: &[u8],
        request: &Request<'_>,
        moment: Moment,
    ) -> Verdict {
        if request.wants_event() && mode.or_else(|| self.cache.use_mode()) != Some(UseMode::Off) {
            self.uses.count_stranger(Outcome::Refused(reason), presented, moment.at);
        }
        Verdict::refused(reason)
    }

    #[inline]
    fn judge_known(&self, known: Known, request: &Request<'_>, moment: Moment) -> Result<Verdict> {
        let outcome = judge(&known.key, request, moment.at);
        if request.wants_event() {
            if known.settings.use_mode != UseMode::Off {
                self.record_use(&known, outcome, request, moment)?;
            }
            if outcome == Outcome::Valid {
                self.move_to_current(&known, moment)?;
            }
        }
        Ok(match outcome {
            Outcome::Valid => Verdict::Valid(known.key),
            Outcome::Refused(reason) => {
                log::debug!(target: "keycask::verify", "{} refused: {reason}", known.key.id);
                Verdict::refused_key(reason, known.key, request)
            }
        })
    }

    fn record_use(
        &self,
        known: &Known,
        outcome: Outcome,
        request: &Request<'_>,
        moment: Moment,
    ) -> Result<()> {
        if outcome != Outcome::Valid {
            return self.uses.count_refusal(known.key.no, outcome, known.epoch, moment.at);
        }
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

fn check_id(request: &Request<'_>) -> Result<()> {
    request.id().map_or(Ok(()), |id| check_text("request_id", id, REQUEST_ID_LEN))
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
