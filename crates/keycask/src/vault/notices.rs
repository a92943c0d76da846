//! Notices: written where time alone brings them, listed, acknowledged.

use std::time::SystemTime;

use super::Vault;
use super::list::{PAGE, Pages};
use crate::clock::Moment;
use crate::error::{Error, ErrorKind, Result};
use crate::key::KeyId;
use crate::notice::{Horizon, NewNotice, Notice, NoticeId, NoticeKind};
use crate::store::{Change, NoticeQuery};

/// Notices that one transaction of a sweep writes at most, so that it never holds the file for long.
const SWEPT: usize = 500;
/// Notices that a sweep finds in one read: their keys' ids are kept in memory.
const FOUND: i64 = 100_000;

/// Which notices to list: the unacknowledged ones, oldest first, where nothing is said.
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct NoticeFilter {
    all: bool,
    dead: bool,
    kind: Option<NoticeKind>,
    after: Option<NoticeId>,
    limit: Option<usize>,
}

impl NoticeFilter {
    /// The unacknowledged ones.
    pub fn new() -> Self {
        Self::default()
    }

    /// All of them: the acknowledged ones too, and those that no longer hold.
    pub fn all(mut self) -> Self {
        self.all = true;
        self
    }

    /// Only those that were given up: no sender tries them again until somebody asks for it.
    pub fn dead(mut self) -> Self {
        self.dead = true;
        self
    }

    /// Only of this kind.
    pub fn kind(mut self, kind: NoticeKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Only what was written after this notice: the cursor of a page.
    pub fn after(mut self, id: NoticeId) -> Self {
        self.after = Some(id);
        self
    }

    /// At most so many.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    fn matches(&self, notice: &Notice, moment: Moment) -> bool {
        (self.all || notice.holds(moment.at))
            && (!self.dead || notice.dead_at.is_some())
            && self.kind.is_none_or(|kind| notice.kind == kind)
    }
}

impl Vault {
    /// The notices that match, oldest first. Each page is read when it is reached.
    ///
    /// What time alone brings is written down first, once each: a window that ends within 24 hours, and an
    /// expiry or a due rotation within the policy's `notice_ahead`. Dead keys have none, and a notice that no
    /// longer holds, because its moment was moved or its key is dead, is left out.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let vault = keycask::Vault::create(folder.path().join("keys.db"))?;
    /// # let actor = keycask::Actor::new("alice")?;
    /// use keycask::{NewKey, NoticeFilter, NoticeKind, Rotation};
    ///
    /// let key = vault.create_key(NewKey::new("acme_live").notify_email("ops@example.com"), &actor)?;
    /// vault.rotate(key.key().id(), Rotation::planned(), &actor)?;
    /// let notices = vault.notices(NoticeFilter::new())?.collect::<Result<Vec<_>, _>>()?;
    /// let kinds: Vec<_> = notices.iter().map(keycask::Notice::kind).collect();
    /// assert_eq!(kinds, [NoticeKind::Rotated, NoticeKind::WindowEnding]);
    ///
    /// vault.ack(notices[0].id())?;
    /// assert_eq!(vault.notices(NoticeFilter::new())?.count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `not_found` where the notice to begin after is unknown.
    pub fn notices(&self, filter: NoticeFilter) -> Result<impl Iterator<Item = Result<Notice>> + '_> {
        self.notices_in(filter, self.clock.now())
    }

    /// [`notices`](Self::notices) as of `now`.
    pub fn notices_at(
        &self,
        filter: NoticeFilter,
        now: SystemTime,
    ) -> Result<impl Iterator<Item = Result<Notice>> + '_> {
        self.notices_in(filter, Moment::given(now)?)
    }

    /// Acknowledges a notice: it was delivered, or somebody has seen to it. To do so twice changes nothing.
    ///
    /// # Errors
    ///
    /// `not_found` where no notice has this id.
    pub fn ack(&self, id: NoticeId) -> Result<Notice> {
        self.ack_in(id, self.clock.now())
    }

    /// [`ack`](Self::ack) as of `now`.
    pub fn ack_at(&self, id: NoticeId, now: SystemTime) -> Result<Notice> {
        self.ack_in(id, Moment::given(now)?)
    }

    fn notices_in(
        &self,
        filter: NoticeFilter,
        moment: Moment,
    ) -> Result<impl Iterator<Item = Result<Notice>> + '_> {
        let mut query = NoticeQuery { all: filter.all, after: 0, limit: PAGE };
        if let Some(id) = filter.after {
            query.after = self.notice_no(id)?;
        }
        self.sweep(moment)?;
        let limit = filter.limit.unwrap_or(usize::MAX);
        let pages = Pages::new(move || {
            let page = self.store.peek(|snapshot| snapshot.notices(&query))?;
            query.after = page.last().map_or(query.after, |notice| notice.no);
            Ok(page)
        });
        let wanted = move |notice: &Result<Notice>| {
            notice.as_ref().map_or(true, |notice| filter.matches(notice, moment))
        };
        Ok(pages.filter(wanted).take(limit))
    }

    fn ack_in(&self, id: NoticeId, moment: Moment) -> Result<Notice> {
        self.change(moment, |change| {
            let mut notice = change.notice(id)?.ok_or_else(|| no_notice(id))?;
            if notice.acked_at.is_none() {
                notice.acked_at = Some(moment.at);
                change.save_notice(&notice)?;
            }
            Ok(notice)
        })
    }

    pub(super) fn notice_no(&self, id: NoticeId) -> Result<i64> {
        self.store.peek(|snapshot| snapshot.number_of_notice(id))?.ok_or_else(|| no_notice(id))
    }

    /// Writes what time alone brings and no notice speaks of yet; where there is nothing, it only reads.
    pub(super) fn sweep(&self, moment: Moment) -> Result<()> {
        loop {
            let (coming, horizon) = self.store.read(|snapshot| {
                let horizon = Horizon::at(moment.at, &snapshot.policy()?);
                Ok((snapshot.coming(moment.at, horizon, FOUND)?, horizon))
            })?;
            let mut written = 0;
            for part in coming.chunks(SWEPT) {
                written += self.change(moment, |change| write_coming(change, part, horizon))?;
            }
            if written == 0 {
                return Ok(());
            }
        }
    }
}

/// Judges each key again, inside the transaction: it may have been changed meanwhile.
fn write_coming(change: &Change<'_>, coming: &[(KeyId, NoticeKind)], horizon: Horizon) -> Result<usize> {
    let now = change.moment().at;
    let mut written = 0;
    for (id, kind) in coming {
        let key = change.key(*id)?;
        let notice = key.and_then(|key| NewNotice::coming(*kind, &key, now, horizon));
        if let Some(notice) = notice {
            written += usize::from(change.notify_once(&notice)?);
        }
    }
    Ok(written)
}

pub(super) fn no_notice(id: NoticeId) -> Error {
    Error::new(ErrorKind::NotFound, format!("find {id}: no notice of this vault has this id"))
}
