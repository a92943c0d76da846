//! Bugs that the tests of the cache must notice. With the feature `test-cache-bugs` the environment's
//! `KEYCASK_PLANTED_BUG` names the one that is planted; without it none is, and nothing is left of the question.

/// What was, or could be, forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// A row is put in although it may be older than the last news.
    EpochUnchecked,
    /// The tag is the header after the news were read.
    TagLate,
    NothingEvicted,
    /// What is evicted is looked for among the known alone.
    UnknownNotEvicted,
    /// The connection that sees commits goes on to see the state that it once read.
    StatementLeftOpen,
    /// The length of the log is compared alone.
    FramesOnly,
    /// The count of commits is compared alone.
    CountOnly,
    BelievedFor100Ms,
    KeptWithoutLog,
    /// A key is saved without the epoch of its change.
    RowUnmarked,
    /// An import makes digests known and tells no cache.
    ImportUntold,
    /// A fence is left out, in the model alone: a processor may do without it.
    #[cfg(test)]
    NoAcquire,
    #[cfg(test)]
    NoRelease,
}

/// Whether a bug is planted.
#[cfg(not(feature = "test-cache-bugs"))]
#[inline]
pub(crate) const fn is_planted(_: Bug) -> bool {
    false
}

/// Whether a bug is planted.
#[cfg(feature = "test-cache-bugs")]
pub(crate) fn is_planted(bug: Bug) -> bool {
    use std::sync::OnceLock;

    static NAME: OnceLock<Option<String>> = OnceLock::new();
    let name = NAME.get_or_init(|| std::env::var("KEYCASK_PLANTED_BUG").ok());
    name.as_ref().is_some_and(|name| *name == format!("{bug:?}"))
}
