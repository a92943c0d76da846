//! Import of other systems' digests.

use std::sync::{Mutex, PoisonError};

use keycask::{ImportFormat, Recipe, Scheme};
use pyo3::prelude::*;

use super::Vault;
use crate::convert::{By, Moment, Word};
use crate::import::{self, ImportReport, Lines};

#[pymethods]
impl Vault {
    /// Imports digests that another system made of its keys: from then on the keys work here.
    ///
    /// `source` is text in JSON Lines or CSV (`format` says which, where it isn't recognised), an open file, or any
    /// iterable of lines or of mappings. Each row has a `digest` and may have `scheme`, `strength_bits`, `owner`, `name`,
    /// `prefix`, `scopes`, `metadata`, `notify_email`, `created_at`, `not_before`, `expires_at` and `disabled`. `scheme`
    /// or `recipe` (a package's name), `owner` and `prefix` are for rows that name none.
    ///
    /// It takes effect at once and whole, at its end. A row that breaks a limit is refused and reported, and the others
    /// are imported unless `all_or_nothing`; `dry_run` only reports.
    #[pyo3(signature = (source, *, actor, format=None, scheme=None, recipe=None, owner=None, prefix=None,
        all_or_nothing=false, dry_run=false, now=None))]
    fn import_keys(
        &self,
        py: Python<'_>,
        source: &Bound<'_, PyAny>,
        actor: By,
        format: Option<Word<ImportFormat>>,
        scheme: Option<Word<Scheme>>,
        recipe: Option<Word<Recipe>>,
        owner: Option<String>,
        prefix: Option<String>,
        all_or_nothing: bool,
        dry_run: bool,
        now: Option<Moment>,
    ) -> PyResult<ImportReport> {
        let (scheme, recipe) = (scheme.map(|word| word.0), recipe.map(|word| word.0));
        let options = &import::options(scheme, recipe, owner, prefix, all_or_nothing, dry_run)?;
        let (format, actor, failure) = (format.map(|word| word.0), &actor.0, Mutex::new(None));
        let lines = Lines::of(source, &failure)?;
        let report = self.run(py, |vault| match now {
            None => vault.import_from(lines, format, options, actor),
            Some(Moment(now)) => vault.import_from_at(lines, format, options, actor, now),
        });
        match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(raised) => Err(raised),
            None => report.map(ImportReport),
        }
    }
}
