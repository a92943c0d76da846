//! How to import.

use std::fmt;
use std::sync::Arc;

use crate::error::Result;
use crate::key::{NAME_LEN, check_optional_text};
use crate::secret::{Prefix, Recipe, Scheme};

/// How to import, where a row doesn't say otherwise.
///
/// ```
/// use keycask::{ImportOptions, Recipe};
///
/// let options = ImportOptions::new().recipe(Recipe::LaravelSanctum).owner("acct_42").prefix("acme_live");
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct ImportOptions {
    scheme: Scheme,
    owner: String,
    prefix: Option<String>,
    all_or_nothing: bool,
    dry_run: bool,
    progress: Option<Arc<dyn Fn(ImportProgress) + Send + Sync>>,
}

/// How far an import has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportProgress {
    /// So many lines were read; nothing of them is in effect yet.
    Read {
        /// Lines.
        lines: u64,
    },
    /// The import is in effect, and so many of its keys have their event.
    Recorded {
        /// Keys with their event.
        keys: u64,
        /// All of its keys.
        of: u64,
    },
}

/// The options, checked.
#[derive(Clone, Debug)]
pub(crate) struct Defaults {
    pub(crate) scheme: Scheme,
    pub(crate) owner: String,
    pub(crate) prefix: Option<Prefix>,
}

impl ImportOptions {
    /// The default scheme, SHA-256 of the whole key; no owner; no prefix.
    pub fn new() -> Self {
        Self::default()
    }

    /// The scheme of rows that name none.
    pub fn scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = scheme;
        self
    }

    /// The scheme of a package's digests.
    pub fn recipe(self, recipe: Recipe) -> Self {
        self.scheme(recipe.scheme())
    }

    /// The owner of rows that name none.
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = owner.into();
        self
    }

    /// The prefix of rows that name none: what verify can demand, and what a successor's secret begins with.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Imports nothing where any line is refused.
    pub fn all_or_nothing(mut self) -> Self {
        self.all_or_nothing = true;
        self
    }

    /// Reports what an import would do, and changes nothing.
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self
    }

    /// Is told now and then how far the import has come.
    pub fn progress(mut self, tell: impl Fn(ImportProgress) + Send + Sync + 'static) -> Self {
        self.progress = Some(Arc::new(tell));
        self
    }

    pub(crate) fn check(&self) -> Result<Defaults> {
        check_optional_text("owner", &self.owner, NAME_LEN)?;
        let prefix = self.prefix.as_deref().map(Prefix::new).transpose()?;
        Ok(Defaults { scheme: self.scheme, owner: self.owner.clone(), prefix })
    }

    pub(crate) fn is_all_or_nothing(&self) -> bool {
        self.all_or_nothing
    }

    pub(crate) fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    pub(crate) fn tell(&self, progress: ImportProgress) {
        if let Some(tell) = &self.progress {
            tell(progress);
        }
    }
}

impl fmt::Debug for ImportOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportOptions")
            .field("scheme", &self.scheme)
            .field("all_or_nothing", &self.all_or_nothing)
            .field("dry_run", &self.dry_run)
            .finish_non_exhaustive()
    }
}
