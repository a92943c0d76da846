//! Notices for people: rows that are written with their cause and sent by somebody else.

use rusqlite::{Row, named_params};

use super::keys::{in_effect, key_columns, key_from};
use super::row::Columns;
use super::{Change, Snapshot};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::key::KeyId;
use crate::notice::{Horizon, NewNotice, Notice, NoticeId, NoticeKind};

/// A newer library may write notices of further kinds into the same file: they are its own to tell.
macro_rules! notices {
    ($where:literal) => {
        concat!(
            "SELECT o.notice_no, o.id, o.kind, o.at_ms, o.about_ms, o.detail, o.acked_at_ms, o.attempts,
                o.next_attempt_ms, o.dead_at_ms, ",
            key_columns!(),
            " FROM outbox o JOIN keys k ON k.key_no = o.key_no
            WHERE o.kind IN ('rotated', 'emergency_rotated', 'revoked', 'window_ending', 'expiring', 'rotation_due',
                'leak_reported') AND ",
            $where
        )
    };
}

pub(super) const BY_ID: &str = notices!("o.id = :id");
pub(super) const NUMBER_OF: &str = "SELECT notice_no FROM outbox WHERE id = :id";
pub(super) const PAGE: &str = notices!("o.notice_no > :after ORDER BY o.notice_no LIMIT :limit");
pub(super) const PAGE_OPEN: &str =
    notices!("o.acked_at_ms IS NULL AND o.notice_no > :after ORDER BY o.notice_no LIMIT :limit");
pub(super) const PAGE_DELIVERABLE: &str = notices!(
    "o.acked_at_ms IS NULL AND o.dead_at_ms IS NULL AND o.notice_no > :after
        AND (o.next_attempt_ms IS NULL OR o.next_attempt_ms <= :now)
        AND (NOT :addressed OR k.notify_email IS NOT NULL)
    ORDER BY o.notice_no LIMIT :limit"
);
/// The keys for which a moment comes that no notice speaks of yet. Each arm has an index of its own.
pub(super) const COMING: &str = concat!(
    "SELECT k.id, 'window_ending' FROM keys k INDEXED BY keys_by_grace
    WHERE k.grace_until_ms > :now AND k.grace_until_ms <= :windows AND k.grace_until_ms IS NOT NULL
        AND k.revoked_at_ms IS NULL AND NOT EXISTS (SELECT 1 FROM outbox o
            WHERE o.key_no = k.key_no AND o.kind = 'window_ending' AND o.about_ms = k.grace_until_ms)
        AND ",
    in_effect!(),
    "
    UNION ALL
    SELECT k.id, 'expiring' FROM keys k INDEXED BY keys_by_expiry
    WHERE k.expires_at_ms > :now AND k.expires_at_ms <= :others AND k.expires_at_ms IS NOT NULL
        AND k.revoked_at_ms IS NULL AND k.replaced_by IS NULL AND NOT EXISTS (SELECT 1 FROM outbox o
            WHERE o.key_no = k.key_no AND o.kind = 'expiring' AND o.about_ms = k.expires_at_ms)
        AND ",
    in_effect!(),
    "
    UNION ALL
    SELECT k.id, 'rotation_due' FROM keys k INDEXED BY keys_by_rotation_due
    WHERE k.rotate_due_ms <= :others AND k.rotate_due_ms IS NOT NULL
        AND k.revoked_at_ms IS NULL AND k.replaced_by IS NULL
        AND (k.expires_at_ms IS NULL OR k.expires_at_ms > :now) AND NOT EXISTS (SELECT 1 FROM outbox o
            WHERE o.key_no = k.key_no AND o.kind = 'rotation_due' AND o.about_ms = k.rotate_due_ms)
        AND ",
    in_effect!(),
    " LIMIT :limit"
);
pub(super) const INSERT: &str = "
    INSERT INTO outbox (id, kind, key_no, at_ms, about_ms, detail)
    VALUES (:id, :kind, :key_no, :at_ms, :about_ms, :detail)
    ON CONFLICT (key_no, kind, about_ms) DO NOTHING";
pub(super) const SAVE: &str = "
    UPDATE outbox SET acked_at_ms = :acked_at_ms, attempts = :attempts, next_attempt_ms = :next_attempt_ms,
        dead_at_ms = :dead_at_ms
    WHERE notice_no = :notice_no";

/// Which notices a page holds, oldest first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NoticeQuery {
    /// The acknowledged ones too.
    pub(crate) all: bool,
    pub(crate) after: i64,
    pub(crate) limit: usize,
}

/// Which notices a sender can have, oldest first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeliverableQuery {
    /// Only those whose key names an address.
    pub(crate) addressed: bool,
    pub(crate) after: i64,
    pub(crate) limit: usize,
}

impl Snapshot<'_> {
    pub(crate) fn notice(&self, id: NoticeId) -> Result<Option<Notice>> {
        let mut statement = self.db.prepare_cached(BY_ID)?;
        Ok(collect(statement.query(named_params! { ":id": id.as_bytes() })?)?.pop())
    }

    /// The number of a notice, for cursors.
    pub(crate) fn number_of_notice(&self, id: NoticeId) -> Result<Option<i64>> {
        let mut statement = self.db.prepare_cached(NUMBER_OF)?;
        let mut rows = statement.query(named_params! { ":id": id.as_bytes() })?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
    }

    pub(crate) fn notices(&self, query: &NoticeQuery) -> Result<Vec<Notice>> {
        let mut statement = self.db.prepare_cached(if query.all { PAGE } else { PAGE_OPEN })?;
        collect(statement.query(named_params! { ":after": query.after, ":limit": limit(query.limit) })?)
    }

    pub(crate) fn deliverable_notices(
        &self,
        query: &DeliverableQuery,
        now: Timestamp,
    ) -> Result<Vec<Notice>> {
        let mut statement = self.db.prepare_cached(PAGE_DELIVERABLE)?;
        collect(statement.query(named_params! {
            ":now": now.ms(),
            ":addressed": query.addressed,
            ":after": query.after,
            ":limit": limit(query.limit),
        })?)
    }

    /// At most `limit` of the living keys for which a moment comes that no notice speaks of yet.
    pub(crate) fn coming(
        &self,
        now: Timestamp,
        horizon: Horizon,
        limit: i64,
    ) -> Result<Vec<(KeyId, NoticeKind)>> {
        let mut statement = self.db.prepare_cached(COMING)?;
        let mut rows = statement.query(named_params! {
            ":now": now.ms(),
            ":windows": horizon.windows.ms(),
            ":others": horizon.others.ms(),
            ":limit": limit,
        })?;
        let mut coming = Vec::new();
        while let Some(row) = rows.next()? {
            let mut columns = Columns::of(row);
            coming.push((columns.id()?, columns.word("kind of notice", NoticeKind::from_word)?));
        }
        Ok(coming)
    }
}

impl Change<'_> {
    /// Writes a notice of something that happened.
    pub(crate) fn notify(&self, mut notice: NewNotice) -> Result<()> {
        // What is undone and done again within a millisecond has two notices all the same.
        while !self.notify_once(&notice)? {
            notice.about = Timestamp::from_ms(notice.about.ms() + 1);
        }
        Ok(())
    }

    /// Writes a notice, unless one of its kind speaks of this moment of the key already.
    pub(crate) fn notify_once(&self, notice: &NewNotice) -> Result<bool> {
        let at = self.moment.at;
        let written = self.db.prepare_cached(INSERT)?.execute(named_params! {
            ":id": NoticeId::generate(at)?.as_bytes(),
            ":kind": notice.kind.as_str(),
            ":key_no": notice.key.0,
            ":at_ms": at.ms(),
            ":about_ms": notice.about.ms(),
            ":detail": notice.detail.to_string(),
        })?;
        Ok(written == 1)
    }

    /// Saves what became of a notice.
    pub(crate) fn save_notice(&self, notice: &Notice) -> Result<()> {
        self.db.prepare_cached(SAVE)?.execute(named_params! {
            ":notice_no": notice.no,
            ":acked_at_ms": notice.acked_at.map(Timestamp::ms),
            ":attempts": notice.attempts,
            ":next_attempt_ms": notice.next_attempt.map(Timestamp::ms),
            ":dead_at_ms": notice.dead_at.map(Timestamp::ms),
        })?;
        Ok(())
    }
}

fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn collect(mut rows: rusqlite::Rows<'_>) -> Result<Vec<Notice>> {
    let mut notices = Vec::new();
    while let Some(row) = rows.next()? {
        notices.push(notice_of_row(row)?);
    }
    Ok(notices)
}

fn notice_of_row(row: &Row<'_>) -> Result<Notice> {
    let mut columns = Columns::of(row);
    Ok(Notice {
        no: columns.take()?,
        id: NoticeId::from_bytes(columns.take()?),
        kind: columns.word("kind of notice", NoticeKind::from_word)?,
        at: columns.time()?,
        about: columns.time()?,
        detail: columns.take()?,
        acked_at: columns.optional_time()?,
        attempts: columns.take()?,
        next_attempt: columns.optional_time()?,
        dead_at: columns.optional_time()?,
        key: key_from(&mut columns)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statements_know_every_kind() {
        for kind in NoticeKind::ALL {
            assert!(PAGE.contains(&format!("'{kind}'")), "{kind}");
        }
    }
}
