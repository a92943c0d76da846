//! `stats`: what is going on.

use keycask::{KeyState, Log, Outcome, Stats};
use serde_json::{Map, Value, json};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::fields;

pub(super) fn run(context: &mut Context) -> Result<Exit, Failure> {
    let vault = context.vault()?;
    let stats = vault.stats()?;
    if context.output.is_json() {
        context.output.json(&view(vault.id(), &stats))?;
    } else {
        fields(&lines(vault.id(), &stats), &mut context.output)?;
    }
    Ok(Exit::Yes)
}

fn view(id: &str, stats: &Stats) -> Value {
    json!({
        "vault_id": id,
        "keys": object(stats.keys(), KeyState::as_str),
        "verifies": object(stats.verifies(), Outcome::as_str),
        "logs": object(stats.log_sizes(), Log::as_str),
        "pruned_uses": stats.pruned_uses(),
        "file_bytes": stats.file_bytes(),
        "wal_bytes": stats.wal_bytes(),
        "changes": stats.busy().changes(),
        "busy_waits": stats.busy().waited(),
        "busy_failures": stats.busy().failed(),
    })
}

fn object<T: Copy>(counts: &[(T, u64)], name: fn(T) -> &'static str) -> Map<String, Value> {
    counts.iter().map(|(what, count)| (name(*what).to_owned(), (*count).into())).collect()
}

fn lines(id: &str, stats: &Stats) -> Vec<(&'static str, Option<String>)> {
    let told = |counts: Vec<(&str, u64)>| {
        let told = counts.into_iter().filter(|(_, count)| *count > 0);
        let told: Vec<_> = told.map(|(what, count)| format!("{count} {what}")).collect();
        Some(if told.is_empty() { "none".to_owned() } else { told.join(", ") })
    };
    vec![
        ("vault", Some(id.to_owned())),
        ("keys", told(stats.keys().iter().map(|(state, count)| (state.as_str(), *count)).collect())),
        (
            "verifies",
            told(stats.verifies().iter().map(|(outcome, count)| (outcome.as_str(), *count)).collect()),
        ),
        ("logs", told(stats.log_sizes().iter().map(|(log, size)| (log.as_str(), *size)).collect())),
        ("pruned_uses", Some(stats.pruned_uses().to_string())),
        ("file_bytes", Some(stats.file_bytes().to_string())),
        ("wal_bytes", Some(stats.wal_bytes().to_string())),
    ]
}
