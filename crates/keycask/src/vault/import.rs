//! Import: digests of another system become keys, all at once, while others go on writing.
//!
//! A few rows are one transaction. Many are staged in short ones, where no verb sees them; one commit brings
//! them into effect; then each key gets its event, in short transactions again. A process that is killed on
//! the way leaves nothing in effect or all of it; the next import takes over what it left.

use std::collections::{HashSet, VecDeque};
use std::io::BufRead;
use std::time::SystemTime;

use super::Vault;
use super::import_run::Run;
use crate::clock::Moment;
use crate::error::{ErrorKind, Result};
use crate::import::{
    Candidate, Defaults, ImportFormat, ImportOptions, ImportProgress, ImportReport, ImportRow, Line, lines,
};
use crate::key::{Actor, KeyId};
use crate::policy::Policy;
use crate::store::Staging;

/// Rows that are checked before the next transaction begins.
pub(super) const PREPARED: usize = 512;
/// Rows that are imported, with their events, in a single transaction.
const FEW: usize = 100;

impl Vault {
    /// Imports digests that another system made of its keys: from then on the keys work here.
    ///
    /// The import takes effect at once and whole, at its end. Other processes go on meanwhile: it never keeps
    /// them from writing for longer than about 25 ms at a time. A digest that the vault has already is
    /// reported and left as it is; a row that breaks a limit is refused and reported, and the others are
    /// imported unless the options say otherwise.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let vault = keycask::Vault::create(folder.path().join("keys.db"))?;
    /// # let actor = keycask::Actor::new("alice")?;
    /// use keycask::{ImportOptions, ImportRow, Request};
    ///
    /// // What the other system kept of its key.
    /// let digest = "ba588ec482211c5aa7c634fb7f9e330d70f4841c37f1d631698e2f81b2a6e227";
    /// let rows = [ImportRow::new(digest).owner("acct_42")];
    /// let report = vault.import(rows, &ImportOptions::new(), &actor)?;
    /// assert_eq!((report.imported(), report.refused()), (1, 0));
    /// assert_eq!(vault.verify("sk_8nQVw2Lk5TzGf7XbYc3D", &Request::new())?.outcome().as_str(), "valid");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `invalid_argument` for options over their limits; `busy` where other writers held the vault for longer
    /// than the busy timeout. Nothing is in effect then.
    pub fn import(
        &self,
        rows: impl IntoIterator<Item = ImportRow>,
        options: &ImportOptions,
        actor: &Actor,
    ) -> Result<ImportReport> {
        self.import_lines(numbered(rows), options, actor, self.clock.now())
    }

    /// [`import`](Self::import) as of `now`.
    pub fn import_at(
        &self,
        rows: impl IntoIterator<Item = ImportRow>,
        options: &ImportOptions,
        actor: &Actor,
        now: SystemTime,
    ) -> Result<ImportReport> {
        self.import_lines(numbered(rows), options, actor, Moment::given(now)?)
    }

    /// [`import`](Self::import) from JSON Lines or CSV, recognised where no format is given.
    ///
    /// Each row has a `digest` and may have `scheme`, `strength_bits`, `owner`, `name`, `prefix`, `scopes`,
    /// `metadata`, `notify_email`, `created_at`, `not_before`, `expires_at` and `disabled`. A field of another
    /// name is refused: it may say that the key is revoked.
    ///
    /// # Errors
    ///
    /// As for [`import`](Self::import); `invalid_argument` too where a CSV has no header that names the
    /// fields, or a record without an end; `io` where the text can't be read to its end.
    pub fn import_from(
        &self,
        reader: impl BufRead,
        format: Option<ImportFormat>,
        options: &ImportOptions,
        actor: &Actor,
    ) -> Result<ImportReport> {
        self.import_lines(lines(reader, format)?, options, actor, self.clock.now())
    }

    /// [`import_from`](Self::import_from) as of `now`.
    pub fn import_from_at(
        &self,
        reader: impl BufRead,
        format: Option<ImportFormat>,
        options: &ImportOptions,
        actor: &Actor,
        now: SystemTime,
    ) -> Result<ImportReport> {
        self.import_lines(lines(reader, format)?, options, actor, Moment::given(now)?)
    }

    fn import_lines(
        &self,
        lines: impl Iterator<Item = Result<Line>>,
        options: &ImportOptions,
        actor: &Actor,
        moment: Moment,
    ) -> Result<ImportReport> {
        let defaults = options.check()?;
        let policy = self.policy()?;
        let mut intake = Intake {
            lines,
            defaults,
            policy,
            actor,
            moment,
            options,
            report: ImportReport::default(),
            read: 0,
            accepted: 0,
        };
        if options.is_dry_run() {
            return self.rehearse(intake);
        }
        let mut run = Run::new(self, moment);
        run.clear_leftovers()?;
        let few = intake.take(FEW + 1)?;
        match few.len() {
            0 => {}
            1..=FEW if intake.is_doomed() => {}
            1..=FEW => run.import_few(few, &mut intake)?,
            _ => run.import_many(few, &mut intake)?,
        }
        if intake.is_doomed() {
            intake.report.set_imported(0);
        }
        intake.report.held_lock(run.longest_lock());
        let report = intake.report.sorted();
        log::info!(
            target: "keycask::import",
            "imported {}, existing {}, refused {}, warned {}",
            report.imported(), report.existing(), report.refused(), report.warned(),
        );
        Ok(report)
    }

    /// What an import would do.
    fn rehearse(&self, mut intake: Intake<'_, impl Iterator<Item = Result<Line>>>) -> Result<ImportReport> {
        let mut seen = HashSet::new();
        loop {
            let chunk = intake.take(PREPARED)?;
            if chunk.is_empty() {
                break;
            }
            let known = self.store.read(|snapshot| {
                self.peppers.refresh(snapshot, &self.id)?;
                chunk
                    .iter()
                    .map(|checked| self.is_known(snapshot, &checked.row.digest))
                    .collect::<Result<Vec<_>>>()
            })?;
            for (Checked { line, row }, known) in chunk.into_iter().zip(known) {
                match (known, seen.insert(*row.digest.as_bytes())) {
                    (true, _) => intake.report.exists(line),
                    (false, false) => intake.report.repeats(line),
                    (false, true) => intake.report.import(line, row.warning()),
                }
            }
        }
        if intake.is_doomed() {
            intake.report.set_imported(0);
        }
        Ok(intake.report.sorted())
    }
}

fn numbered(rows: impl IntoIterator<Item = ImportRow>) -> impl Iterator<Item = Result<Line>> {
    (1..).zip(rows).map(|(number, row)| Ok(Line { number, row: Ok(row) }))
}

/// A row within its limits, and its line.
pub(super) struct Checked {
    pub(super) line: u64,
    pub(super) row: Candidate,
}

/// The rows to come, checked one after the other, and the report so far.
pub(super) struct Intake<'o, L> {
    lines: L,
    defaults: Defaults,
    policy: Policy,
    pub(super) actor: &'o Actor,
    moment: Moment,
    pub(super) options: &'o ImportOptions,
    pub(super) report: ImportReport,
    read: u64,
    accepted: u32,
}

impl<L: Iterator<Item = Result<Line>>> Intake<'_, L> {
    /// The next rows within their limits, at most `limit`, with their lines; none at the end.
    pub(super) fn take(&mut self, limit: usize) -> Result<VecDeque<Checked>> {
        let mut taken = VecDeque::new();
        while taken.len() < limit {
            let Some(line) = self.lines.next() else { break };
            let Line { number, row } = line?;
            self.read += 1;
            match row.and_then(|row| self.check(row)) {
                Ok(row) => taken.push_back(Checked { line: number, row }),
                Err(error) if error.kind() == ErrorKind::InvalidArgument => {
                    self.report.refuse(number, &error);
                }
                Err(error) => return Err(error),
            }
        }
        self.options.tell(ImportProgress::Read { lines: self.read });
        Ok(taken)
    }

    fn check(&mut self, row: ImportRow) -> Result<Candidate> {
        let mut candidate = row.check(&self.defaults, &self.policy, self.moment.at, self.actor)?;
        candidate.key.id = KeyId::numbered(self.moment.at, self.accepted)?;
        candidate.key.lineage = candidate.key.id;
        self.accepted = self.accepted.wrapping_add(1);
        Ok(candidate)
    }

    /// Whether nothing is to be imported, because a line was refused.
    pub(super) fn is_doomed(&self) -> bool {
        self.options.is_all_or_nothing() && self.report.refused() > 0
    }

    pub(super) fn tell(&mut self, Checked { line, row }: &Checked, staging: Staging) {
        match staging {
            Staging::Done => self.report.import(*line, row.warning()),
            Staging::Exists => self.report.exists(*line),
            Staging::Repeats => self.report.repeats(*line),
        }
    }
}
