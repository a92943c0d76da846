//! Both logs, leaf by leaf: whether their rows are what their trees say, and whether they begin with what a
//! checkpoint kept elsewhere says.

use super::{Finding, Vault};
use crate::audit::{
    Change, ChangeKind, ChangeRow, Checkpoint, Frontier, Hash, Log, NoteVerifier, Use, extend, hex,
};
use crate::error::Result;
use crate::store::{ChangeQuery, LogState, UseQuery};

/// Rows that are hashed in one read transaction.
const PAGE: usize = 4096;

/// Both logs, recomputed from their rows.
#[derive(Clone, Debug)]
pub struct LogsReport {
    logs: Vec<LogReport>,
}

impl LogsReport {
    /// Whether both logs are what their trees say.
    #[must_use]
    pub fn ok(&self) -> bool {
        self.logs.iter().all(|log| log.findings.is_empty())
    }

    /// The log of changes, then the log of uses.
    #[must_use]
    pub fn logs(&self) -> &[LogReport] {
        &self.logs
    }
}

/// One log, recomputed from its rows.
#[derive(Clone, Debug)]
pub struct LogReport {
    log: Log,
    size: u64,
    root: Hash,
    findings: Vec<Finding>,
}

impl LogReport {
    /// Which log.
    #[must_use]
    pub fn log(&self) -> Log {
        self.log
    }

    /// How many events it has had, pruned ones included.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of its tree as the file states it. Source: RFC 6962, section 2.1.
    #[must_use]
    pub fn root(&self) -> &[u8; 32] {
        &self.root
    }

    /// The same in lower-case hexadecimal.
    #[must_use]
    pub fn root_hex(&self) -> String {
        hex(&self.root)
    }

    /// Where the rows aren't what the tree says.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

impl Vault {
    /// The sizes and roots of both logs as of now, to keep elsewhere: whoever holds them sees when the log is
    /// rewritten or cut. The vault remembers them, so that a later prune keeps their proofs.
    pub fn checkpoint(&self) -> Result<Vec<Checkpoint>> {
        self.uses.settle()?;
        self.change(self.clock.now(), |change| {
            let export = |log: &Log| {
                let tree = change.log(*log)?.whole;
                change.keep_checkpoint(*log, tree.size(), &tree.root())?;
                Ok(Checkpoint::new(&self.id, *log, tree.size(), tree.root()))
            };
            Log::ALL.iter().map(export).collect()
        })
    }

    /// Recomputes every leaf and both roots from the rows, page by page, and compares them with the trees
    /// that the file states.
    ///
    /// It shows an edit by whoever can't recompute the trees as well. Who can rewrite the file can rewrite
    /// the log: only a checkpoint kept elsewhere shows that, by [`verify_logs_since`](Self::verify_logs_since).
    pub fn verify_logs(&self) -> Result<LogsReport> {
        self.verify_logs_since(&[], None)
    }

    /// The same, and proves that today's logs begin with what each checkpoint says. With a verifier, each
    /// must carry its signature.
    pub fn verify_logs_since(
        &self,
        kept: &[Checkpoint],
        verifier: Option<&NoteVerifier>,
    ) -> Result<LogsReport> {
        self.uses.settle()?;
        let mut logs =
            Log::ALL.iter().map(|log| self.verify_log(*log, kept, verifier)).collect::<Result<Vec<_>>>()?;
        let known = |kept: &Checkpoint| Log::ALL.iter().any(|log| kept.is_of(&self.id, *log));
        if let (Some(foreign), Some(first)) = (kept.iter().find(|kept| !known(kept)), logs.first_mut()) {
            let message = format!("checkpoint of {}: speaks of another vault", foreign.origin());
            first.findings.push(Finding::new("origin", message));
        }
        Ok(LogsReport { logs })
    }

    fn verify_log(
        &self,
        log: Log,
        kept: &[Checkpoint],
        verifier: Option<&NoteVerifier>,
    ) -> Result<LogReport> {
        let (stated, end) = self.store.read(|snapshot| Ok((snapshot.log(log)?, snapshot.last_seq(log)?)))?;
        let kept: Vec<&Checkpoint> = kept.iter().filter(|kept| kept.is_of(&self.id, log)).collect();
        let size = stated.whole.size();
        let mut findings: Vec<_> = wrong_end(log, &stated, end).into_iter().collect();
        findings.extend(self.check_prune(log, &stated)?);
        let sizes: Vec<u64> = kept.iter().map(|kept| kept.size).collect();
        match self.recompute(log, &stated, &sizes)? {
            Err(hole) => findings.push(hole),
            Ok(roots) => {
                if roots.end != stated.whole.root() {
                    findings.push(altered(log));
                }
                for kept in kept {
                    findings.extend(self.compare(log, kept, &stated, &roots, verifier)?);
                }
            }
        }
        Ok(LogReport { log, size, root: stated.whole.root(), findings })
    }

    /// The roots over the rows at each of `sizes` and at the end, or where the rows are not one unbroken
    /// sequence.
    fn recompute(&self, log: Log, stated: &LogState, sizes: &[u64]) -> Result<Result<Roots, Finding>> {
        let size = stated.whole.size();
        let mut tree = stated.pruned.clone();
        let mut roots = Roots { at: Vec::new(), end: tree.root() };
        roots.note(&tree, sizes);
        while tree.size() < size {
            let after = i64::try_from(tree.size()).unwrap_or(i64::MAX);
            let leaves = self.leaves(log, after)?;
            if leaves.is_empty() {
                return Ok(Err(missing(log, tree.size() + 1)));
            }
            for (seq, leaf) in leaves {
                if tree.size() == size {
                    break;
                }
                if u64::try_from(seq) != Ok(tree.size() + 1) {
                    return Ok(Err(missing(log, tree.size() + 1)));
                }
                tree.append(&leaf);
                roots.note(&tree, sizes);
            }
        }
        roots.end = tree.root();
        Ok(Ok(roots))
    }

    pub(super) fn leaves(&self, log: Log, after: i64) -> Result<Vec<(i64, Vec<u8>)>> {
        let change = |row: ChangeRow| (row.seq, row.leaf());
        let used = |used: Use| (used.row.seq, used.row.leaf());
        match log {
            Log::Changes => {
                let query = ChangeQuery { after, ..ChangeQuery::all(PAGE) };
                let rows = self.store.read(|snapshot| snapshot.changes(&query))?;
                Ok(rows.into_iter().map(change).collect())
            }
            Log::Uses => {
                let query = UseQuery { after, ..UseQuery::all(PAGE) };
                let rows = self.store.peek(|snapshot| snapshot.uses(&query))?;
                Ok(rows.into_iter().map(used).collect())
            }
        }
    }

    /// Whether the log begins with what a kept checkpoint says.
    fn compare(
        &self,
        log: Log,
        kept: &Checkpoint,
        stated: &LogState,
        roots: &Roots,
        verifier: Option<&NoteVerifier>,
    ) -> Result<Option<Finding>> {
        if verifier.is_some_and(|verifier| !kept.is_signed_by(verifier)) {
            return Ok(Some(finding(
                log,
                kept,
                "signature",
                "has no signature of the verifier's that holds",
            )));
        }
        if kept.size > stated.whole.size() {
            return Ok(Some(finding(
                log,
                kept,
                "rolled_back",
                "the log has fewer events today: it was cut or an old file put back",
            )));
        }
        let root = if kept.size == 0 {
            Some(Frontier::default().root())
        } else if kept.size < stated.pruned.size() {
            return self.compare_pruned(log, kept, &stated.pruned);
        } else {
            roots.at(kept.size)
        };
        let same = root == Some(kept.root);
        Ok((!same).then(|| {
            finding(log, kept, "rewritten", "the log had another root then: its events were altered since")
        }))
    }

    /// The same where the rows are gone: by the proofs that each prune kept.
    fn compare_pruned(&self, log: Log, kept: &Checkpoint, pruned: &Frontier) -> Result<Option<Finding>> {
        let (mut size, mut root) = (kept.size, kept.root);
        while size < pruned.size() {
            let Some((proof, leads_to)) = self.store.peek(|snapshot| snapshot.proof(log, size))? else {
                let why = "its rows were pruned, and the vault keeps no proof for it: it was not exported by this vault";
                return Ok(Some(finding(log, kept, "unproved", why)));
            };
            match extend(size, &root, leads_to, &proof) {
                Some(next) if leads_to <= pruned.size() => (size, root) = (leads_to, next),
                _ => break,
            }
        }
        let same = size == pruned.size() && root == pruned.root();
        Ok((!same).then(|| {
            finding(log, kept, "rewritten", "the proof that was kept at the prune doesn't hold for it")
        }))
    }

    /// Whether the beginning that is missing from the log of uses is the one that its last prune recorded.
    fn check_prune(&self, log: Log, stated: &LogState) -> Result<Option<Finding>> {
        if log == Log::Changes {
            let pruned = stated.pruned.size() > 0;
            return Ok(
                pruned.then(|| Finding::new("false_prune", "the log of changes is never pruned, and was"))
            );
        }
        let query =
            ChangeQuery { kind: Some(ChangeKind::UsesPruned), newest_first: true, ..ChangeQuery::all(1) };
        let last = self.store.read(|snapshot| snapshot.changes(&query))?.pop();
        let recorded = last.map(|row| Change::from_row(row).pruned_to());
        let expected = (stated.pruned.size(), hex(&stated.pruned.root()));
        let same = recorded.map_or(expected.0 == 0, |recorded| recorded == Some(expected));
        Ok((!same).then(|| {
            Finding::new("false_prune", "the log of uses doesn't begin where its last recorded prune ended")
        }))
    }
}

/// Roots of a log's tree at some of its sizes.
struct Roots {
    at: Vec<(u64, Hash)>,
    end: Hash,
}

impl Roots {
    fn note(&mut self, tree: &Frontier, sizes: &[u64]) {
        if sizes.contains(&tree.size()) {
            self.at.push((tree.size(), tree.root()));
        }
    }

    fn at(&self, size: u64) -> Option<Hash> {
        self.at.iter().find(|(known, _)| *known == size).map(|(_, root)| *root)
    }
}

fn finding(log: Log, kept: &Checkpoint, code: &'static str, why: &str) -> Finding {
    Finding::new(code, format!("checkpoint of {} at {} events: {why}", log.as_str(), kept.size))
}

fn altered(log: Log) -> Finding {
    Finding::new(
        "root",
        format!(
            "the rows of {} don't give the root that the file states: an event was altered",
            log.as_str()
        ),
    )
}

fn missing(log: Log, seq: u64) -> Finding {
    Finding::new("hole", format!("event {seq} of {} is missing: it was deleted", log.as_str()))
}

/// Where a log's rows should end and don't.
pub(super) fn wrong_end(log: Log, stated: &LogState, found: i64) -> Option<Finding> {
    let size = stated.whole.size();
    // The rows of a log that was pruned to its end may be gone altogether.
    let pruned_whole = stated.pruned.size() == size && found == 0;
    if i64::try_from(size) == Ok(found) || pruned_whole {
        return None;
    }
    let log = log.as_str();
    let why = "events were added or cut off";
    Some(Finding::new("end", format!("{log} should end with event {size} and ends with {found}: {why}")))
}
