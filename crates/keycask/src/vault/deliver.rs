//! Delivery: what a sender of notices asks for and reports.
//!
//! A sender claims a notice, sends it, and acknowledges it or reports a failure. One that dies in between
//! leaves a claim that runs out, so that each notice is delivered at least once.

use std::time::{Duration, SystemTime};

use super::Vault;
use super::notices::no_notice;
use crate::clock::Moment;
use crate::error::{Error, Result};
use crate::notice::{Notice, NoticeId, Retries};
use crate::store::{Change, DeliverableQuery};

/// Candidates that are looked at beyond those wanted, as some may no longer hold.
const SPARE: usize = 16;

/// Which notices a sender wants, and for how long they are its own.
///
/// ```
/// use std::time::Duration;
///
/// use keycask::NoticeClaim;
///
/// let claim = NoticeClaim::new(Duration::from_secs(300)).limit(10).addressed();
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct NoticeClaim {
    lease: Duration,
    limit: usize,
    addressed: bool,
    after: Option<NoticeId>,
}

impl NoticeClaim {
    /// The oldest one, for the time of `lease`: as long as a delivery may take. After it, another sender may
    /// claim the notice.
    pub fn new(lease: Duration) -> Self {
        Self { lease, limit: 1, addressed: false, after: None }
    }

    /// At most so many.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Only those whose key has a `notify_email`.
    pub fn addressed(mut self) -> Self {
        self.addressed = true;
        self
    }

    /// Only what was written after this notice: the next step of a round through the outbox, which so comes
    /// to an end. What time brings meanwhile is left to the next round.
    pub fn after(mut self, id: NoticeId) -> Self {
        self.after = Some(id);
        self
    }
}

impl Vault {
    /// Claims notices that are to be delivered now, oldest first; what time alone brings is written down
    /// first. No other sender gets them until the lease is over.
    ///
    /// They are read from what is committed: a notice never tells of a change that could still be lost.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let vault = keycask::Vault::create(folder.path().join("keys.db"))?;
    /// # let actor = keycask::Actor::new("alice")?;
    /// use std::time::Duration;
    ///
    /// use keycask::{NewKey, NoticeClaim, Retries, RevocationReason};
    ///
    /// let key = vault.create_key(NewKey::new("acme_live"), &actor)?;
    /// vault.revoke(key.key().id(), RevocationReason::Compromised, &actor)?;
    /// let claim = NoticeClaim::new(Duration::from_secs(60));
    /// for notice in vault.claim_notices(claim)? {
    ///     assert_eq!(notice.detail(), r#"{"reason":"compromised"}"#);
    ///     let sent = true; // by mail, by webhook
    ///     if sent {
    ///         vault.ack(notice.id())?;
    ///     } else {
    ///         vault.notice_failed(notice.id(), &Retries::new())?;
    ///     }
    /// }
    /// assert!(vault.claim_notices(claim)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `not_found` where the notice to begin after is unknown.
    pub fn claim_notices(&self, claim: NoticeClaim) -> Result<Vec<Notice>> {
        self.claim_in(claim, self.clock.now())
    }

    /// [`claim_notices`](Self::claim_notices) as of `now`.
    pub fn claim_notices_at(&self, claim: NoticeClaim, now: SystemTime) -> Result<Vec<Notice>> {
        self.claim_in(claim, Moment::given(now)?)
    }

    /// Reports that a claimed notice could not be delivered: it may be claimed again after a wait that grows
    /// with each failure, or is given up after too many. What was acknowledged meanwhile stays so.
    ///
    /// # Errors
    ///
    /// `not_found` where no notice has this id.
    pub fn notice_failed(&self, id: NoticeId, retries: &Retries) -> Result<Notice> {
        self.failed_in(id, retries, self.clock.now())
    }

    /// [`notice_failed`](Self::notice_failed) as of `now`.
    pub fn notice_failed_at(&self, id: NoticeId, retries: &Retries, now: SystemTime) -> Result<Notice> {
        self.failed_in(id, retries, Moment::given(now)?)
    }

    /// Lets a notice that was given up, or that waits, be claimed at once, with all its attempts before it.
    ///
    /// # Errors
    ///
    /// `conflict` where it was acknowledged; `not_found`.
    pub fn retry_notice(&self, id: NoticeId) -> Result<Notice> {
        self.change(self.clock.now(), |change| {
            let mut notice = change.notice(id)?.ok_or_else(|| no_notice(id))?;
            if let Some(at) = notice.acked_at {
                return Err(Error::conflict(format!("retry {id}: it was acknowledged at {at}")));
            }
            (notice.attempts, notice.next_attempt, notice.dead_at) = (0, None, None);
            change.save_notice(&notice)?;
            Ok(notice)
        })
    }

    fn claim_in(&self, claim: NoticeClaim, moment: Moment) -> Result<Vec<Notice>> {
        let after = claim.after.map_or(Ok(0), |id| self.notice_no(id))?;
        // A round begins with a sweep; what it wrote stands at the end, and the round goes on to there.
        if claim.after.is_none() {
            self.sweep(moment)?;
        }
        let limit = claim.limit.saturating_add(SPARE);
        let mut query = DeliverableQuery { addressed: claim.addressed, after, limit };
        loop {
            let page = self.store.peek(|snapshot| snapshot.deliverable_notices(&query, moment.at))?;
            let Some(last) = page.last() else { return Ok(Vec::new()) };
            query.after = last.no;
            let worth = |notice: &Notice| notice.holds(moment.at) || notice.is_void(moment.at);
            if !page.iter().any(worth) {
                continue;
            }
            let claimed = self.change(moment, |change| take(change, &page, claim))?;
            if !claimed.is_empty() || claim.limit == 0 {
                return Ok(claimed);
            }
        }
    }

    fn failed_in(&self, id: NoticeId, retries: &Retries, moment: Moment) -> Result<Notice> {
        self.change(moment, |change| {
            let mut notice = change.notice(id)?.ok_or_else(|| no_notice(id))?;
            if notice.acked_at.is_none() && notice.dead_at.is_none() {
                notice.fail(retries, moment.at);
                change.save_notice(&notice)?;
            }
            Ok(notice)
        })
    }
}

/// Takes what can still be had of the candidates, and puts away what will never hold again.
fn take(change: &Change<'_>, candidates: &[Notice], claim: NoticeClaim) -> Result<Vec<Notice>> {
    let now = change.moment().at;
    let mut taken = Vec::new();
    for candidate in candidates {
        let Some(mut notice) = change.notice(candidate.id)? else { continue };
        if taken.len() == claim.limit {
            break;
        }
        if !notice.is_claimable(now) {
            continue;
        }
        if notice.holds(now) {
            notice.next_attempt = Some(now.saturating_add(claim.lease));
            change.save_notice(&notice)?;
            taken.push(notice);
        } else if notice.is_void(now) {
            notice.acked_at = Some(now);
            change.save_notice(&notice)?;
        }
    }
    Ok(taken)
}
