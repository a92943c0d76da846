//! Issuing keys, and every answer that verify has for a working vault.

use keycask::{Issued, Key, NewKey, Request, Vault};
use zeroize::Zeroizing;

use super::{Scene, Stage};
use crate::failure::Failure;

/// The keys of the story.
pub(super) struct Cast {
    pub(super) live: Issued,
    pub(super) test: Issued,
    pub(super) trial: Issued,
}

pub(super) fn issue(scene: &Scene, stage: &mut Stage<'_>) -> Result<Cast, Failure> {
    stage.title("Issue keys")?;
    let live = NewKey::new("acme_live").owner("acct_42").name("nightly export").scope("reports:read");
    let test = NewKey::new("acme_test").owner("acct_42").name("on my laptop").scope("reports:*");
    let trial = NewKey::new("acme_live").owner("acct_77").name("trial").expires_in(14 * super::DAY);
    let issue = |key| scene.vault.create_key(key, &scene.actor);
    let cast = Cast { live: issue(live)?, test: issue(test)?, trial: issue(trial)? };
    let issued = [&cast.live, &cast.test, &cast.trial];
    let rows = issued.map(|issued| {
        let key = issued.key();
        [
            masked(issued),
            key.owner().to_owned(),
            key.name().unwrap_or_default().to_owned(),
            key.scopes().join(" "),
        ]
    });
    stage.table(["SECRET", "OWNER", "NAME", "SCOPES"], rows)?;
    stage.aside("a secret is returned this once; the file holds its SHA-256 and its start (masked here)")?;
    let found = scene.vault.identify(cast.trial.secret().expose())?;
    let owner = found.as_ref().map_or("nobody's", Key::owner);
    stage.expect("whose the third secret is", "acct_77", owner)?;
    Ok(cast)
}

pub(super) fn verify(scene: &Scene, cast: &Cast, stage: &mut Stage<'_>) -> Result<(), Failure> {
    stage.title("Verify, as every request of your API does")?;
    let vault = &scene.vault;
    let production = Request::new().prefix("acme_live").scope("reports:read");
    let live = cast.live.secret().expose();
    let test = cast.test.secret().expose();
    let mut judge = |what: &str, secret: &str, request: &Request<'_>, expected: &str| {
        let verdict = vault.verify(secret, request)?;
        stage.expect(what, expected, verdict.outcome().as_str())
    };
    judge("the live key, asked for reports:read", live, &production, "valid")?;
    judge("the test key in production", test, &production, "wrong_prefix")?;
    judge(
        "the test key in a test, reports:* covers it",
        test,
        &Request::new().scope("reports:read"),
        "valid",
    )?;
    judge(
        "the live key, asked for reports:write",
        live,
        &Request::new().scope("reports:write"),
        "missing_scope",
    )?;
    judge("the live key with a typo: the checksum knows", &typo(live), &production, "malformed")?;
    judge("the key of another vault", &stranger(scene)?, &production, "unknown")
}

/// A secret as far as it may be shown.
pub(super) fn masked(issued: &Issued) -> String {
    format!("{}…", issued.secret().start())
}

/// The secret with one character mistaken for another.
fn typo(secret: &str) -> Zeroizing<String> {
    let mut typo = Zeroizing::new(secret.to_owned());
    let last = if typo.pop() == Some('x') { 'y' } else { 'x' };
    typo.push(last);
    typo
}

fn stranger(scene: &Scene) -> Result<Zeroizing<String>, Failure> {
    let other = Vault::create(scene.folder.path().join("other.db"))?;
    let issued = other.create_key(NewKey::new("acme_live").owner("acct_1"), &scene.actor)?;
    Ok(Zeroizing::new(issued.secret().expose().to_owned()))
}
