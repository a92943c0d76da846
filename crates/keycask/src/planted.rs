//! Bugs that the tests of the cache and of faults must notice. With the features of these tests the environment's
//! `KEYCASK_PLANTED_BUG` names the one that is planted; without them none is, and nothing is left of the question.

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
    /// A change of a key is published before it is synced.
    KeyChangesNormal,
    /// A change is committed, and then its event.
    EventApart,
    /// Events are committed, and then the tree's frontier.
    FrontierApart,
    /// A commit that found the disk full counts as one.
    FullSwallowed,
    /// The writer of uses takes a batch for written whatever its commit says.
    BatchErrorIgnored,
    /// A transaction that will write begins as one that reads.
    BeginDeferred,
    /// A fence is left out, in the model alone: a processor may do without it.
    #[cfg(test)]
    NoAcquire,
    #[cfg(test)]
    NoRelease,
}

/// Whether a bug is planted.
#[cfg(not(any(feature = "test-cache-bugs", feature = "test-faults")))]
#[inline]
pub(crate) const fn is_planted(_: Bug) -> bool {
    false
}

/// Whether a bug is planted.
#[cfg(any(feature = "test-cache-bugs", feature = "test-faults"))]
pub(crate) fn is_planted(bug: Bug) -> bool {
    use std::sync::OnceLock;

    static NAME: OnceLock<Option<String>> = OnceLock::new();
    let name = NAME.get_or_init(|| std::env::var("KEYCASK_PLANTED_BUG").ok());
    name.as_ref().is_some_and(|name| *name == format!("{bug:?}"))
}
