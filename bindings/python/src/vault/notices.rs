//! Notices, and what senders of them report.

use keycask::{NoticeClaim, NoticeId, NoticeKind, Retries};
use pyo3::prelude::*;

use super::Vault;
use crate::convert::{Moment, Span, Word};
use crate::cursor::Notices;
use crate::notice::Notice;
use crate::request::notice_filter;

#[pymethods]
impl Vault {
    /// Yields the notices that nobody acknowledged, oldest first; with `all` every one, with `dead` those that were
    /// given up. What time alone brings is written down first.
    #[pyo3(signature = (*, all=false, dead=false, kind=None, after=None, limit=None, now=None))]
    fn notices(
        &self,
        py: Python<'_>,
        all: bool,
        dead: bool,
        kind: Option<Word<NoticeKind>>,
        after: Option<Word<NoticeId>>,
        limit: Option<usize>,
        now: Option<Moment>,
    ) -> PyResult<Notices> {
        let (filter, at) = (notice_filter(all, dead, kind, after, limit), self.time(now));
        match now {
            None => Notices::open(py, &self.vault, at, |vault| vault.notices(filter)),
            Some(Moment(now)) => Notices::open(py, &self.vault, at, |vault| vault.notices_at(filter, now)),
        }
    }

    /// Acknowledges a notice: it was delivered, or somebody has seen to it. To do so twice changes nothing.
    #[pyo3(signature = (notice_id, *, now=None))]
    fn ack(&self, py: Python<'_>, notice_id: Word<NoticeId>, now: Option<Moment>) -> PyResult<Notice> {
        let id = notice_id.0;
        self.run_at(py, now, |vault| vault.ack(id), |vault, now| vault.ack_at(id, now))
            .map(|(notice, _)| Notice(notice))
    }

    /// Claims notices that are to be delivered now, oldest first: no other sender gets them until `lease` is over.
    /// `addressed` takes only those whose key has a `notify_email`; `after` is the last notice of this round.
    #[pyo3(signature = (lease, *, limit=1, addressed=false, after=None, now=None))]
    fn claim_notices(
        &self,
        py: Python<'_>,
        lease: Span,
        limit: usize,
        addressed: bool,
        after: Option<Word<NoticeId>>,
        now: Option<Moment>,
    ) -> PyResult<Vec<Notice>> {
        let mut claim = NoticeClaim::new(lease.0).limit(limit);
        claim = after.into_iter().fold(claim, |claim, Word(id)| claim.after(id));
        claim = if addressed { claim.addressed() } else { claim };
        let (claimed, _) = self.run_at(
            py,
            now,
            |vault| vault.claim_notices(claim),
            |vault, now| vault.claim_notices_at(claim, now),
        )?;
        Ok(claimed.into_iter().map(Notice).collect())
    }

    /// Reports that a claimed notice could not be delivered: it may be claimed again after a wait, `first` (a minute)
    /// at the beginning and doubled by each failure up to `longest` (six hours), and is given up after `attempts` (16).
    #[pyo3(signature = (notice_id, *, first=None, longest=None, attempts=None, now=None))]
    fn notice_failed(
        &self,
        py: Python<'_>,
        notice_id: Word<NoticeId>,
        first: Option<Span>,
        longest: Option<Span>,
        attempts: Option<u32>,
        now: Option<Moment>,
    ) -> PyResult<Notice> {
        let mut retries = first.into_iter().fold(Retries::new(), |retries, Span(wait)| retries.first(wait));
        retries = longest.into_iter().fold(retries, |retries, Span(wait)| retries.longest(wait));
        retries = attempts.into_iter().fold(retries, Retries::attempts);
        let id = notice_id.0;
        self.run_at(
            py,
            now,
            |vault| vault.notice_failed(id, &retries),
            |vault, now| vault.notice_failed_at(id, &retries, now),
        )
        .map(|(notice, _)| Notice(notice))
    }

    /// Lets a notice that was given up, or that waits, be claimed at once. `ConflictError` where it was acknowledged.
    fn retry_notice(&self, py: Python<'_>, notice_id: Word<NoticeId>) -> PyResult<Notice> {
        self.run(py, |vault| vault.retry_notice(notice_id.0)).map(Notice)
    }
}
