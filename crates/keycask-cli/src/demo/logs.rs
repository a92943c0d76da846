//! The audit log: what it has recorded, and that it is whole.

use keycask::{Change, ChangeFilter, ChangeKind, Log, Outcome, Use, UseFilter};

use super::{Scene, Stage};
use crate::failure::Failure;
use crate::output::Row as _;
use crate::output::json::{ChangeView, LogView, UseView};

/// What the story has done.
const CHANGES: &[(ChangeKind, usize)] = &[
    (ChangeKind::VaultCreated, 1),
    (ChangeKind::KeyCreated, 5),
    (ChangeKind::KeyRotated, 2),
    (ChangeKind::KeyRevoked, 3),
];
const VALID_USES: u64 = 7;
const REFUSED_USES: u64 = 8;

pub(super) fn show(scene: &Scene, stage: &mut Stage<'_>) -> Result<(), Failure> {
    changes(scene, stage)?;
    uses(scene, stage)?;
    stage.title("Both logs are Merkle trees: an edit shows")?;
    let report = scene.vault.verify_logs()?;
    for log in Log::ALL {
        let Some(found) = report.logs().iter().find(|found| found.log() == *log) else {
            stage.expect(log.as_str(), "ok", "missing")?;
            continue;
        };
        let view = LogView::of(found);
        let what = format!("{}: {} events, root {}", view.name, view.size, view.root);
        stage.expect(&what, "ok", if view.findings.is_empty() { "ok" } else { "mismatch" })?;
    }
    let check = scene.vault.check()?;
    stage.expect("the file's structure, schema and rows", "ok", if check.ok() { "ok" } else { "damaged" })
}

fn changes(scene: &Scene, stage: &mut Stage<'_>) -> Result<(), Failure> {
    stage.title("The log of changes, kept for ever")?;
    let events = scene.vault.changes(ChangeFilter::new())?.collect::<Result<Vec<_>, _>>()?;
    let cells = |event: &Change| {
        let [seq, _, kind, key, actor, detail] = ChangeView::of(event).cells();
        [seq, kind, key, actor, shortened(&detail)]
    };
    stage.table(["SEQ", "KIND", "KEY", "ACTOR", "DETAIL"], events.iter().map(cells))?;
    for (kind, expected) in CHANGES {
        let found = events.iter().filter(|event| event.kind() == *kind).count();
        stage.expect(&format!("times {kind}"), &expected.to_string(), &found.to_string())?;
    }
    Ok(())
}

fn uses(scene: &Scene, stage: &mut Stage<'_>) -> Result<(), Failure> {
    stage.title("The log of uses: refusals are counted by the minute")?;
    let events = scene.vault.uses(UseFilter::new())?.collect::<Result<Vec<_>, _>>()?;
    let cells = |event: &Use| {
        let [seq, at, outcome, key, _, count, _] = UseView::of(event).cells();
        [seq, at, outcome, key, count]
    };
    stage.table(["SEQ", "AT", "OUTCOME", "KEY", "COUNT"], events.iter().map(cells))?;
    let count = |valid| -> u64 {
        let same = events.iter().filter(|event| (event.outcome() == Outcome::Valid) == valid);
        same.map(Use::count).sum()
    };
    stage.expect("uses that were valid", &VALID_USES.to_string(), &count(true).to_string())?;
    stage.expect("uses that were refused", &REFUSED_USES.to_string(), &count(false).to_string())
}

/// Enough of a detail for a terminal.
fn shortened(detail: &str) -> String {
    const WIDTH: usize = 48;
    if detail.chars().count() <= WIDTH {
        return detail.to_owned();
    }
    detail.chars().take(WIDTH - 1).chain(['…']).collect()
}
