//! Lists, a page at a time.

use keycask::{ChangeKind, KeyId, Outcome};
use pyo3::prelude::*;

use super::Vault;
use crate::convert::{Moment, Word};
use crate::cursor::{Changes, Keys, Uses};
use crate::request::{States, Stretch, change_filter, key_filter, use_filter};

#[pymethods]
impl Vault {
    /// Yields the keys that match, in any state, in the order of their creation. Each page is read when it is reached,
    /// and nothing is locked between two keys.
    ///
    /// `scope` finds the keys whose scopes cover it; `state` is one word or several; `after` is the id of a key, the
    /// cursor of a page; `limit` is how many at most. States are as of `now`.
    #[pyo3(signature = (*, owner=None, prefix=None, name=None, scope=None, state=None, after=None, limit=None,
        now=None))]
    fn keys(
        &self,
        py: Python<'_>,
        owner: Option<String>,
        prefix: Option<String>,
        name: Option<String>,
        scope: Option<String>,
        state: Option<States>,
        after: Option<Word<KeyId>>,
        limit: Option<usize>,
        now: Option<Moment>,
    ) -> PyResult<Keys> {
        let (filter, at) = (key_filter(owner, prefix, name, scope, state, after, limit), self.time(now));
        Keys::open(py, &self.vault, at, |vault| vault.keys_at(filter, at))
    }

    /// Yields the events of the log of changes that match, oldest first or with `newest_first` the other way.
    ///
    /// `since` and `until` bound the time, `until` excluded; `after` is a `seq`, the cursor of a page.
    #[pyo3(signature = (*, key_id=None, kind=None, actor=None, since=None, until=None, newest_first=false,
        after=None, limit=None))]
    fn changes(
        &self,
        py: Python<'_>,
        key_id: Option<Word<KeyId>>,
        kind: Option<Word<ChangeKind>>,
        actor: Option<String>,
        since: Option<Moment>,
        until: Option<Moment>,
        newest_first: bool,
        after: Option<u64>,
        limit: Option<usize>,
    ) -> PyResult<Changes> {
        let mut filter = change_filter(Stretch { key_id, since, until, newest_first, after, limit });
        filter = kind.into_iter().fold(filter, |filter, Word(kind)| filter.kind(kind));
        filter = actor.into_iter().fold(filter, keycask::ChangeFilter::actor);
        Changes::open(py, &self.vault, self.vault.now(), |vault| vault.changes(filter))
    }

    /// Yields the events of the log of uses that match, oldest first or with `newest_first` the other way; counts that
    /// still run have no `seq` yet and stand at the new end.
    #[pyo3(signature = (*, key_id=None, outcome=None, since=None, until=None, newest_first=false, after=None,
        limit=None))]
    fn uses(
        &self,
        py: Python<'_>,
        key_id: Option<Word<KeyId>>,
        outcome: Option<Word<Outcome>>,
        since: Option<Moment>,
        until: Option<Moment>,
        newest_first: bool,
        after: Option<u64>,
        limit: Option<usize>,
    ) -> PyResult<Uses> {
        let mut filter = use_filter(Stretch { key_id, since, until, newest_first, after, limit });
        filter = outcome.into_iter().fold(filter, |filter, Word(outcome)| filter.outcome(outcome));
        Uses::open(py, &self.vault, self.vault.now(), |vault| vault.uses(filter))
    }
}
