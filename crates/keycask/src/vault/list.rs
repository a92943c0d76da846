//! Questions: a key by its id, and lists that page inside.

use std::collections::VecDeque;
use std::time::SystemTime;

use super::{Vault, not_found};
use crate::audit::{Change, ChangeKind, Use};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::key::{Key, KeyId, KeyState, Outcome};
use crate::store::{ChangeQuery, KeyQuery, UseQuery};

/// Rows that one read transaction fetches: none outlives a page.
pub(super) const PAGE: usize = 500;

/// Which keys to list: all of them, in any state, where nothing is said.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct KeyFilter {
    owner: Option<String>,
    prefix: Option<String>,
    name: Option<String>,
    scope: Option<String>,
    states: Vec<KeyState>,
    after: Option<KeyId>,
    limit: Option<usize>,
}

impl KeyFilter {
    /// All keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only this owner's.
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = Some(owner.into());
        self
    }

    /// Only with this prefix.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Only with this name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Only keys whose scopes cover this one.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Only in this state; call it again for one more.
    pub fn state(mut self, state: KeyState) -> Self {
        self.states.push(state);
        self
    }

    /// Only what was created after this key: the cursor of a page.
    pub fn after(mut self, id: KeyId) -> Self {
        self.after = Some(id);
        self
    }

    /// At most so many.
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    fn matches(&self, key: &Key, now: Timestamp) -> bool {
        let same =
            |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        same(&self.prefix, &key.prefix)
            && self.name.as_ref().is_none_or(|wanted| key.name() == Some(wanted))
            && self.scope.as_ref().is_none_or(|wanted| key.has_scope(wanted))
            && (self.states.is_empty() || self.states.contains(&key.state(now)))
    }
}

/// Which changes to list: all of them, oldest first, where nothing is said.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ChangeFilter {
    key: Option<KeyId>,
    kind: Option<ChangeKind>,
    actor: Option<String>,
    range: Range,
}

/// Which uses to list: all of them, oldest first, where nothing is said.
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct UseFilter {
    key: Option<KeyId>,
    outcome: Option<Outcome>,
    range: Range,
}

/// The stretch of a log that a list is taken from.
#[derive(Clone, Copy, Debug, Default)]
struct Range {
    since: Option<SystemTime>,
    until: Option<SystemTime>,
    newest_first: bool,
    after: u64,
    limit: Option<usize>,
}

macro_rules! range_setters {
    () => {
        /// All events.
        pub fn new() -> Self {
            Self::default()
        }

        /// Only of this key.
        pub fn key(mut self, id: KeyId) -> Self {
            self.key = Some(id);
            self
        }

        /// Only at this time or later.
        pub fn since(mut self, time: SystemTime) -> Self {
            self.range.since = Some(time);
            self
        }

        /// Only before this time.
        pub fn until(mut self, time: SystemTime) -> Self {
            self.range.until = Some(time);
            self
        }

        /// The newest event first.
        pub fn newest_first(mut self) -> Self {
            self.range.newest_first = true;
            self
        }

        /// Only what follows this sequence number in the order asked for: the cursor of a page.
        pub fn after(mut self, seq: u64) -> Self {
            self.range.after = seq;
            self
        }

        /// At most so many.
        pub fn limit(mut self, limit: usize) -> Self {
            self.range.limit = Some(limit);
            self
        }
    };
}

impl ChangeFilter {
    range_setters!();

    /// Only of this kind.
    pub fn kind(mut self, kind: ChangeKind) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Only by this actor.
    pub fn actor(mut self, actor: impl Into<String>) -> Self {
        self.actor = Some(actor.into());
        self
    }
}

impl UseFilter {
    range_setters!();

    /// Only with this outcome.
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = Some(outcome);
        self
    }
}

impl Range {
    fn since(&self) -> Timestamp {
        self.since.map_or(Timestamp::from_ms(i64::MIN), Timestamp::clamped_from)
    }

    fn until(&self) -> Timestamp {
        self.until.map_or(Timestamp::from_ms(i64::MAX), Timestamp::clamped_from)
    }

    fn after(&self) -> i64 {
        i64::try_from(self.after).unwrap_or(i64::MAX)
    }
}

impl Vault {
    /// The key with this id.
    ///
    /// # Errors
    ///
    /// `not_found` where there is none.
    pub fn key(&self, id: KeyId) -> Result<Key> {
        self.store.peek(|snapshot| snapshot.key(id))?.ok_or_else(|| not_found(id))
    }

    /// The keys that match, in the order of their creation. Each page is read when it is reached.
    pub fn keys(&self, filter: KeyFilter) -> Result<impl Iterator<Item = Result<Key>> + '_> {
        self.keys_in(filter, self.clock.now().at)
    }

    /// [`keys`](Self::keys) with states as of `now`.
    pub fn keys_at(
        &self,
        filter: KeyFilter,
        now: SystemTime,
    ) -> Result<impl Iterator<Item = Result<Key>> + '_> {
        let now = crate::key::check_time("now", now)?;
        self.keys_in(filter, now)
    }

    fn keys_in(&self, filter: KeyFilter, now: Timestamp) -> Result<impl Iterator<Item = Result<Key>> + '_> {
        let mut query = KeyQuery { owner: filter.owner.clone(), after: 0, limit: PAGE };
        if let Some(id) = filter.after {
            query.after = self.key_no(id)?;
        }
        let limit = filter.limit.unwrap_or(usize::MAX);
        let pages = Pages::new(move || {
            let page = self.store.peek(|snapshot| snapshot.keys(&query))?;
            query.after = page.last().map_or(query.after, |key| key.no.0);
            Ok(page)
        });
        Ok(pages.filter(move |key| key.as_ref().map_or(true, |key| filter.matches(key, now))).take(limit))
    }

    /// The events of the log of changes that match.
    pub fn changes(&self, filter: ChangeFilter) -> Result<impl Iterator<Item = Result<Change>> + '_> {
        let range = filter.range;
        let mut query = ChangeQuery {
            key: filter.key.map(|id| self.number(id)).transpose()?,
            kind: filter.kind,
            actor: filter.actor,
            since: range.since(),
            until: range.until(),
            newest_first: range.newest_first,
            after: range.after(),
            limit: range.limit.unwrap_or(PAGE).min(PAGE),
        };
        let pages = Pages::new(move || {
            let page = self.store.peek(|snapshot| snapshot.changes(&query))?;
            query.after = page.last().map_or(query.after, |row| row.seq);
            Ok(page)
        });
        Ok(pages.map(|row| row.map(Change::from_row)).take(range.limit.unwrap_or(usize::MAX)))
    }

    /// The events of the log of uses that match; counts that still run have no sequence number yet and stand
    /// at the new end.
    pub fn uses(&self, filter: UseFilter) -> Result<impl Iterator<Item = Result<Use>> + '_> {
        self.uses.settle()?;
        let range = filter.range;
        let mut query = UseQuery {
            key: filter.key.map(|id| self.number(id)).transpose()?,
            outcome: filter.outcome,
            since: range.since(),
            until: range.until(),
            newest_first: range.newest_first,
            after: range.after(),
            limit: range.limit.unwrap_or(PAGE).min(PAGE),
        };
        // The counts are read beside the first page: one that closes meanwhile would be told twice otherwise.
        let (first, open, end) = self.store.read(|snapshot| {
            let end = snapshot.last_seq(crate::audit::Log::Uses)?;
            Ok((snapshot.uses(&query)?, snapshot.open_counts(&query)?, end))
        })?;
        query.after = first.last().map_or(query.after, |row| row.row.seq);
        let later = Pages::new(move || {
            let page = self.store.peek(|snapshot| snapshot.uses(&query))?;
            query.after = page.last().map_or(query.after, |row| row.row.seq);
            Ok(page)
        });
        let later = later.take_while(move |row| row.as_ref().map_or(true, |row| row.row.seq <= end));
        let (before, behind) = match range {
            Range { newest_first: true, after: 0, .. } => (open, Vec::new()),
            Range { newest_first: true, .. } => (Vec::new(), Vec::new()),
            Range { newest_first: false, .. } => (Vec::new(), open),
        };
        let before = before.into_iter().rev().map(Ok);
        let behind = behind.into_iter().map(Ok);
        let closed = first.into_iter().map(Ok).chain(later);
        Ok(before.chain(closed).chain(behind).take(range.limit.unwrap_or(usize::MAX)))
    }

    fn key_no(&self, id: KeyId) -> Result<i64> {
        self.number(id).map(|no| no.0)
    }

    fn number(&self, id: KeyId) -> Result<crate::key::KeyNo> {
        self.store.peek(|snapshot| snapshot.number_of(id))?.ok_or_else(|| not_found(id))
    }
}

/// Rows fetched a page at a time, until a page comes back empty.
pub(super) struct Pages<T, F> {
    fetch: F,
    page: VecDeque<T>,
    ended: bool,
}

impl<T, F: FnMut() -> Result<Vec<T>>> Pages<T, F> {
    pub(super) fn new(fetch: F) -> Self {
        Self { fetch, page: VecDeque::new(), ended: false }
    }
}

impl<T, F: FnMut() -> Result<Vec<T>>> Iterator for Pages<T, F> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.is_empty() && !self.ended {
            match (self.fetch)() {
                Ok(page) => self.page = page.into(),
                Err(error) => {
                    self.ended = true;
                    return Some(Err(error));
                }
            }
            self.ended = self.page.is_empty();
        }
        self.page.pop_front().map(Ok)
    }
}
