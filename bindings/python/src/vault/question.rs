//! Questions about keys and the policy.

use std::time::Duration;

use keycask::{KeyId, Prefix, UseAcknowledgement, UseMode};
use pyo3::prelude::*;

use super::{Vault, keys};
use crate::convert::{By, Moment, Span, Texts, Word};
use crate::errors::raise;
use crate::fields::Field;
use crate::key::{Due, Key, Usage};
use crate::policy::Policy;
use crate::stats::Stats;

#[pymethods]
impl Vault {
    /// The key with this id; `KeyNotFoundError` where there is none.
    #[pyo3(signature = (key_id, *, now=None))]
    fn key(&self, py: Python<'_>, key_id: Word<KeyId>, now: Option<Moment>) -> PyResult<Key> {
        let key = self.run(py, |vault| vault.key(key_id.0))?;
        Ok(Key::new(key, self.time(now)))
    }

    /// All keys of the chain of rotations that a key belongs to, in the order of their creation.
    #[pyo3(signature = (key_id, *, now=None))]
    fn lineage(&self, py: Python<'_>, key_id: Word<KeyId>, now: Option<Moment>) -> PyResult<Vec<Key>> {
        let chain = self.run(py, |vault| vault.lineage(key_id.0))?;
        Ok(keys(chain, self.time(now)))
    }

    /// How often a key was used.
    fn usage(&self, py: Python<'_>, key_id: Word<KeyId>) -> PyResult<Usage> {
        self.run(py, |vault| vault.usage(key_id.0)).map(Usage)
    }

    /// The living keys whose rotation, expiry or end of a window lies within the next `within` or is past, and those
    /// whose window runs without a successor that lives; the most urgent first. Where `within` isn't given it is the
    /// policy's `notice_ahead`.
    #[pyo3(signature = (within=None, *, now=None))]
    fn due(&self, py: Python<'_>, within: Option<Span>, now: Option<Moment>) -> PyResult<Vec<Due>> {
        let ahead = |vault: &keycask::Vault| -> keycask::Result<Duration> {
            within.map_or_else(|| Ok(vault.policy()?.notice_ahead), |within| Ok(within.0))
        };
        let (due, at) = self.run_at(
            py,
            now,
            |vault| vault.due(ahead(vault)?),
            |vault, now| vault.due_at(ahead(vault)?, now),
        )?;
        Ok(due.into_iter().map(|due| Due::new(due, at)).collect())
    }

    /// The living keys without a recorded use since `since`, an aware datetime, each with how often it was used; keys
    /// that were created later are left out.
    #[pyo3(signature = (since, *, now=None))]
    fn unused(&self, py: Python<'_>, since: Moment, now: Option<Moment>) -> PyResult<Vec<(Key, Usage)>> {
        let since = since.0;
        let (unused, at) =
            self.run_at(py, now, |vault| vault.unused(since), |vault, now| vault.unused_at(since, now))?;
        Ok(unused.into_iter().map(|(key, usage)| (Key::new(key, at), Usage(usage))).collect())
    }

    /// The prefixes of the keys that were ever issued and those that the policy names, sorted.
    fn prefixes(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let prefixes = self.run(py, keycask::Vault::prefixes)?;
        Ok(prefixes.iter().map(|prefix| prefix.as_str().to_owned()).collect())
    }

    /// Figures of the vault. It reads every key and every use: for a look now and then, not for each request.
    #[pyo3(signature = (*, now=None))]
    fn stats(&self, py: Python<'_>, now: Option<Moment>) -> PyResult<Stats> {
        self.run_at(py, now, keycask::Vault::stats, |vault, now| vault.stats_at(now))
            .map(|(stats, _)| Stats(stats))
    }

    /// The policy.
    fn policy(&self, py: Python<'_>) -> PyResult<Policy> {
        self.run(py, keycask::Vault::policy).map(Policy)
    }

    /// Changes some of the policy and returns it whole. It rules what is issued from now on.
    ///
    /// What isn't named stays as it is; `None` lifts `max_lifetime` and `max_living_keys`. An empty list of prefixes
    /// allows any.
    #[pyo3(signature = (*, actor, prefixes=Field::Left, default_grace=Field::Left, min_grace=Field::Left,
        max_grace=Field::Left, max_lifetime=Field::Left, max_living_keys=Field::Left, use_mode=Field::Left,
        use_acknowledgement=Field::Left, retain_uses=Field::Left, retain_uses_bytes=Field::Left,
        notice_ahead=Field::Left))]
    fn update_policy(
        &self,
        py: Python<'_>,
        actor: By,
        prefixes: Field<Texts<'_>>,
        default_grace: Field<Span>,
        min_grace: Field<Span>,
        max_grace: Field<Span>,
        max_lifetime: Field<Option<Span>>,
        max_living_keys: Field<Option<u32>>,
        use_mode: Field<Word<UseMode>>,
        use_acknowledgement: Field<Word<UseAcknowledgement>>,
        retain_uses: Field<Span>,
        retain_uses_bytes: Field<u64>,
        notice_ahead: Field<Span>,
    ) -> PyResult<Policy> {
        let prefixes = match prefixes {
            Field::Left => Field::Left,
            Field::Set(texts) => Field::Set(prefixes_of(&texts)?),
        };
        let change = |policy: &mut keycask::Policy| {
            prefixes.put(&mut policy.prefixes, |prefixes| prefixes);
            default_grace.put(&mut policy.default_grace, |span| span.0);
            min_grace.put(&mut policy.min_grace, |span| span.0);
            max_grace.put(&mut policy.max_grace, |span| span.0);
            max_lifetime.put(&mut policy.max_lifetime, |span| span.map(|span| span.0));
            max_living_keys.put(&mut policy.max_living_keys, |limit| limit);
            use_mode.put(&mut policy.use_mode, |mode| mode.0);
            use_acknowledgement.put(&mut policy.use_acknowledgement, |way| way.0);
            retain_uses.put(&mut policy.retain_uses, |span| span.0);
            retain_uses_bytes.put(&mut policy.retain_uses_bytes, |bytes| bytes);
            notice_ahead.put(&mut policy.notice_ahead, |span| span.0);
        };
        self.run(py, |vault| vault.update_policy(change, &actor.0)).map(Policy)
    }
}

fn prefixes_of(texts: &Texts<'_>) -> PyResult<Vec<Prefix>> {
    texts.as_strs()?.into_iter().map(|text| Prefix::new(text).map_err(raise)).collect()
}
