//! The rows of `tests/vectors` that no public verb reaches: what is stored of a secret, the bytes of leaves,
//! roots, and the outcomes of disabled keys. `tests/vectors.rs` runs the others.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../tests/vector_file/mod.rs"]
mod vector_file;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::audit::{ChangeKind, ChangeRow, Counted, Erased, Frontier, Hash, Kept, Personal, UseRow};
use crate::clock::Timestamp;
use crate::key::{
    Key, KeyId, KeyNo, Outcome, Request, RevocationReason, Revoked, Scopes, Successor, Verdict, judge,
    type_id,
};
use crate::secret::{BODY_LEN, Digest, Encoding, RANDOM_LEN, START_RANDOM_LEN, Scheme, is_secret};
use vector_file::{Row, bytes, integer, optional, run};

fn timestamp(column: &str) -> Timestamp {
    Timestamp::from_ms(integer(column))
}

fn hash(column: &str) -> Hash {
    bytes(column).try_into().unwrap()
}

fn text(column: &str) -> String {
    String::from_utf8(bytes(column)).unwrap()
}

fn key_id(column: &str) -> KeyId {
    KeyId::from_bytes(bytes(column).try_into().unwrap())
}

#[test]
fn secrets_are_taken_apart_from_their_end_and_digested_whole() {
    let everything = |_: &Row| true;
    run("secrets_valid.txt", 44, everything, |row| {
        let [secret, prefix, encoding, start, digest] = row.columns();
        assert!(is_secret(secret.as_bytes()));
        assert_eq!(Digest::of(secret.as_bytes()).as_bytes()[..], bytes(digest));

        let (head, body) = secret.split_at(secret.len() - BODY_LEN);
        assert_eq!(head.strip_suffix('_').unwrap(), prefix);
        assert_eq!(format!("{head}{}", &body[..START_RANDOM_LEN]), start);
        let random = &body[..RANDOM_LEN];
        match Encoding::from_name(encoding).unwrap() {
            Encoding::Base62 => assert!(random.bytes().all(|byte| byte.is_ascii_alphanumeric())),
            Encoding::Base64Url => assert_eq!(URL_SAFE_NO_PAD.decode(random).unwrap().len(), 32),
        }
    });
}

#[test]
fn digests_of_other_systems_are_stored_as_they_are_looked_up() {
    let everything = |_: &Row| true;
    run("schemes.txt", 108, everything, |row| {
        let [scheme, presented, foreign, stored] = row.columns();
        let scheme: Scheme = scheme.parse().unwrap();
        let digest = scheme.digest(&text(presented));
        assert_eq!(digest.map(|digest| digest.as_bytes().to_vec()), optional(stored).map(bytes));
        if let Some(foreign) = optional(foreign) {
            assert_eq!(scheme.read(foreign).unwrap().as_bytes()[..], bytes(stored));
        }
    });
}

#[test]
fn ids_of_every_kind_are_written_as_type_ids() {
    let everything = |_: &Row| true;
    run("type_ids.txt", 30, everything, |row| {
        let [kind, uuid, text] = row.columns();
        assert_eq!(type_id(kind, bytes(uuid).try_into().unwrap()), text);
    });
}

#[test]
fn outcomes_follow_the_precedence_for_disabled_keys_too() {
    let everything = |_: &Row| true;
    run("outcomes.txt", 149, everything, |row| {
        let [_, now, key @ .., want_prefix, want_scopes, outcome, missing_scope] = row.columns::<13>();
        let mut request = Request::new();
        if let Some(prefix) = optional(want_prefix) {
            request = request.prefix(prefix);
        }
        for scope in optional(want_scopes).unwrap_or_default().split_whitespace() {
            request = request.scope(scope);
        }
        let key = judged_key(key);
        let judged = judge(&key, &request, timestamp(now));
        assert_eq!(judged.as_str(), outcome);
        if let Outcome::Refused(reason) = judged
            && let Verdict::Refused(refusal) = Verdict::refused_key(reason, Arc::new(key), &request)
        {
            assert_eq!(refusal.missing_scope(), optional(missing_scope));
        }
    });
}

/// The key of a row of `outcomes.txt`.
fn judged_key(columns: [&str; 7]) -> Key {
    let [not_before, expires_at, grace_until, disabled, revoked, prefix, scopes] = columns;
    let id = KeyId::from_bytes([1; 16]);
    let created_at = Timestamp::from_ms(1_800_000_000_000);
    let scopes = optional(scopes).unwrap_or_default().split_whitespace().map(str::to_owned);
    Key {
        no: KeyNo(1),
        id,
        prefix: prefix.to_owned(),
        start: format!("{prefix}_00000000"),
        encoding: Encoding::Base62,
        owner: String::new(),
        name: None,
        scopes: Scopes::new(scopes).unwrap(),
        metadata: None,
        notify_email: None,
        created_at,
        created_by: "vectors".to_owned(),
        not_before: optional(not_before).map(timestamp),
        expires_at: optional(expires_at).map(timestamp),
        rotate_after_s: None,
        disabled: disabled == "1",
        revoked: (revoked == "1").then(|| Revoked {
            at: created_at,
            by: "vectors".to_owned(),
            reason: RevocationReason::Unspecified,
            note: None,
        }),
        lineage: id,
        replaces: None,
        successor: optional(grace_until)
            .map(|end| Successor { id: KeyId::from_bytes([2; 16]), grace_until: timestamp(end) }),
        cancelled: false,
    }
}

#[test]
fn leaves_of_changes_have_these_bytes_even_when_values_were_erased() {
    let mut kinds = BTreeMap::new();
    let of_changes = |row: &Row| row.first() == "changes";
    run("leaves.txt", 56, of_changes, |row| {
        let [_, seq, at, kind, number, key_no, key, values @ ..] = row.columns::<20>();
        let [salt, actor, owner, client_ip, note, request_id, detail, hashes @ .., leaf, leaf_hash] = values;
        let mut event = ChangeRow {
            seq: integer(seq),
            at: timestamp(at),
            kind: kind.parse().unwrap(),
            key: optional(key_no).map(|no| (KeyNo(integer(no)), key_id(key))),
            actor: optional(actor).map(text),
            owner: optional(owner).map(text),
            client_ip: optional(client_ip).map(text),
            note: optional(note).map(text),
            request_id: optional(request_id).map(text),
            salt: Some(bytes(salt).try_into().unwrap()),
            kept: Kept::default(),
            detail: text(detail),
        };
        assert_eq!(event.kind as u16, u16::try_from(integer(number)).unwrap());
        assert_eq!(event.leaf(), bytes(leaf));
        assert_eq!(hash_of_leaf(&bytes(leaf)), hash(leaf_hash));
        kinds.insert(event.kind as u16, kind.to_owned());

        let fields = [Personal::Actor, Personal::Owner, Personal::ClientIp, Personal::Note];
        for (field, column) in fields.into_iter().zip(hashes) {
            if let Some(commitment) = optional(column).map(hash) {
                event.kept.set(field, Erased::Commitment(commitment));
            }
        }
        event.actor = None;
        event.owner = None;
        event.client_ip = None;
        event.note = None;
        event.salt = None;
        assert_eq!(event.leaf(), bytes(leaf));
    });
    assert_eq!(kinds.len(), ChangeKind::ALL.len(), "a kind has no row: {kinds:?}");
}

#[test]
fn leaves_of_uses_have_these_bytes() {
    let of_uses = |row: &Row| row.first() == "uses";
    run("leaves.txt", 50, of_uses, |row| {
        let [_, seq, at, outcome, number, key_no, epoch, client, values @ ..] = row.columns::<14>();
        let [request, prefix_no, count, last, leaf, leaf_hash] = values;
        let event = UseRow {
            seq: integer(seq),
            at: timestamp(at),
            key: optional(key_no).map(|no| KeyNo(integer(no))),
            outcome: Outcome::from_code(integer(number)).unwrap(),
            epoch: integer(epoch),
            client: optional(client).map(address),
            request: optional(request).map(text),
            counted: optional(count).map(|count| Counted { count: integer(count), last: timestamp(last) }),
            prefix_no: optional(prefix_no).map(integer),
        };
        assert_eq!(event.outcome.as_str(), outcome);
        assert_eq!(event.leaf(), bytes(leaf));
        assert_eq!(hash_of_leaf(&bytes(leaf)), hash(leaf_hash));
    });
}

/// An address from its 4 or 16 bytes.
fn address(column: &str) -> IpAddr {
    let bytes = bytes(column);
    match <[u8; 4]>::try_from(&bytes[..]) {
        Ok(four) => four.into(),
        Err(_) => <[u8; 16]>::try_from(&bytes[..]).unwrap().into(),
    }
}

/// The root of a tree of one leaf is that leaf's hash.
fn hash_of_leaf(leaf: &[u8]) -> Hash {
    let mut tree = Frontier::default();
    tree.append(leaf);
    tree.root()
}

#[test]
fn roots_are_those_of_rfc_6962() {
    let mut leaves: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    let everything = |_: &Row| true;
    run("roots.txt", 146, everything, |row| {
        let [set, item, number, value] = row.columns();
        let number = usize::try_from(integer(number)).unwrap();
        let leaves = leaves.entry(set.to_owned()).or_default();
        match item {
            "leaf" => {
                assert_eq!(leaves.len(), number);
                leaves.push(bytes(value));
            }
            "root" => {
                let mut tree = Frontier::default();
                leaves[..number].iter().for_each(|leaf| tree.append(leaf));
                assert_eq!(tree.root(), hash(value));
            }
            _ => panic!("{item}: neither a leaf nor a root"),
        }
    });
}
