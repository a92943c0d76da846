//! Guards against mail that doesn't say what happened, is lost, or shows a secret: a real SMTP server with
//! STARTTLS and a login receives it, and it is compared whole.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;
mod mail;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{Home, leaks, run, text};
use keycask::{Actor, KeyUpdate, Vault};
use mail::{FROM, MailServer, PASSWORD, USER, list, notify, once, revoked, statuses};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

/// `2026-11-24T13:30:00.000Z` as mails write it.
fn shown(time: &Value) -> String {
    format!("{} UTC", time.as_str().unwrap()[..19].replace('T', " "))
}

#[test]
fn a_rotation_arrives_as_it_is_written() {
    let (home, server) = (Home::new(), MailServer::start(&[]));
    let (id, secret) = home.create(&["--name", "<nightly> & \"büro\"", "--notify-email", "ops@example.org"]);
    let new = home.run(&["rotate", "--json", &id, "--grace", "72h"]).exits(0).json();
    let old = home.run(&["show", "--json", &id]).json();
    let notice = list(&home, &[]).remove(0);
    let answer = once(&home, &server, &[]).exits(0);
    assert_eq!(answer.stderr, "");
    let (notice_id, start) = (text(&notice, "id"), text(&old, "start"));
    let sent = json!({
        "notice_id": notice_id, "kind": "rotated", "key_id": id, "recipient": "ops@example.org",
        "message_id": format!("<{notice_id}@example.com>"), "status": "sent", "attempts": 0,
        "next_attempt_at": null, "error": null,
    });
    assert_eq!(answer.json(), sent);

    let mails = server.mails();
    let [mail] = &mails[..] else { panic!("{mails:?}") };
    assert_eq!((&mail.0["tls"], &mail.0["login"]), (&json!(true), &json!(USER)));
    assert_eq!(mail.0["mail_from"], "keys@example.com");
    assert_eq!(mail.0["rcpt_tos"], json!(["ops@example.org"]));
    let mut names = mail.header_names();
    names.sort_unstable();
    let expected =
        ["Auto-Submitted", "Content-Type", "Date", "From", "MIME-Version", "Message-ID", "Subject", "To"];
    assert_eq!(names, expected);
    for (name, expected) in [
        ("From", "API keys <keys@example.com>"),
        ("To", "ops@example.org"),
        ("Subject", &format!("API key {start} was rotated")),
        ("Message-ID", &format!("<{notice_id}@example.com>")),
        ("Auto-Submitted", "auto-generated"),
        ("MIME-Version", "1.0"),
    ] {
        assert_eq!(mail.header(name), expected);
    }
    let (new_id, rotated, until) = (text(&new, "id"), shown(&new["created_at"]), shown(&old["grace_until"]));
    let [text, html] = mail.alternatives();
    let vault = vault_id(&home);
    let expected = format!(
        "The API key {start} was rotated. A new key takes its place.

  Key:                  {id}
  Name:                 <nightly> & \"büro\"
  Owner:                acct_42
  New key:              {new_id}
  Rotated:              {rotated}
  Old key works until:  {until}

Change over to the new secret before the old key stops working. From that
moment on the old secret is refused.

This notice holds no secret. Nobody will ask you for one.

Notice {notice_id} of {vault}
"
    );
    assert_eq!(text.trim_end(), expected.trim_end());
    let row = |name: &str, value: &str| {
        format!("<tr><th style=\"text-align: left; padding-right: 1em\">{name}</th><td>{value}</td></tr>\n")
    };
    let expected = [
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
        &format!("<title>API key {start} was rotated</title>\n</head>\n"),
        "<body style=\"font-family: sans-serif; line-height: 1.5\">\n",
        &format!("<p>The API key {start} was rotated. A new key takes its place.</p>\n"),
        "<table style=\"border-spacing: 0\">\n",
        &row("Key", &id),
        &row("Name", "&lt;nightly&gt; &amp; &quot;büro&quot;"),
        &row("Owner", "acct_42"),
        &row("New key", &new_id),
        &row("Rotated", &rotated),
        &row("Old key works until", &until),
        "</table>\n<p>Change over to the new secret before the old key stops working. From that moment on ",
        "the old secret is refused.</p>\n<p>This notice holds no secret. Nobody will ask you for one.</p>\n",
        &format!("<p style=\"color: #666\"><small>Notice {notice_id} of {vault}</small></p>\n"),
        "</body>\n</html>",
    ];
    assert_eq!(html.trim_end(), expected.concat());
    assert!(!leaks(mail.raw(), &secret) && !leaks(mail.raw(), &common::text(&new, "secret")));
    assert!(list(&home, &[]).is_empty(), "what was sent is acknowledged");
    once(&home, &server, &[]).exits(0);
    assert_eq!(server.mails().len(), 1);
}

fn vault_id(home: &Home) -> String {
    Vault::open(home.vault()).unwrap().id().to_owned()
}

#[test]
fn every_kind_has_a_mail_of_its_own_and_none_shows_a_secret() {
    let (home, server) = (Home::new(), MailServer::start(&["--mode", "tls"]));
    let mut secrets = Vec::new();
    let mut create = |more: &[&str]| {
        let (id, secret) = home.create(more);
        secrets.push(secret);
        id
    };
    create(&["--expires-in", "3d"]);
    create(&["--rotate-after", "1d"]);
    let id = create(&[]);
    home.run(&["revoke", "--yes", &id, "--reason", "owner_left"]).exits(0);
    let id = create(&[]);
    secrets.push(home.run(&["rotate", &id, "--grace", "1h"]).exits(0).stdout.trim().to_owned());
    secrets.push(home.run(&["rotate", &id, "--emergency", "--yes"]).exits(0).stdout.trim().to_owned());
    let id = home.create(&[]).0;
    secrets.push(home.run(&["rotate", &id, "--grace", "1h"]).exits(0).stdout.trim().to_owned());

    let notices = list(&home, &[]);
    let args = ["notify", "--once", "--from", FROM, "--to", "The owner <owner@example.org>"];
    let mut command = home.command(&args);
    command.args(["--smtp", &format!("smtps://127.0.0.1:{}", server.port()), "--ca-file"]).arg(server.ca());
    command.env("KEYCASK_SMTP_USER", USER).env("KEYCASK_SMTP_PASSWORD", PASSWORD);
    let answer = run(&mut command).exits(0);
    assert_eq!(answer.lines().len(), notices.len(), "{answer:?}");
    assert!(answer.lines().iter().all(|line| line.starts_with("sent  ")), "{answer:?}");

    let mails = server.mails();
    let mut kinds: Vec<_> = notices.iter().map(|notice| text(notice, "kind")).collect();
    assert_eq!(mails.len(), kinds.len());
    for (mail, notice) in mails.iter().zip(&notices) {
        assert_eq!(mail.header("To"), "The owner <owner@example.org>");
        assert_eq!(mail.header("Message-ID"), format!("<{}@example.com>", text(notice, "id")));
        assert_eq!(mail.header("Subject"), rendered(&home, notice, "subject"));
        let [plain, html] = mail.alternatives();
        assert_eq!(plain.trim_end(), rendered(&home, notice, "txt"));
        assert_eq!(html.trim_end(), rendered(&home, notice, "html"));
        assert!(secrets.iter().all(|secret| !leaks(mail.raw(), secret)));
        assert_eq!(mail.0["tls"], true);
    }
    kinds.sort();
    kinds.dedup();
    let expected = ["emergency_rotated", "expiring", "revoked", "rotated", "rotation_due", "window_ending"];
    assert_eq!(kinds, expected);
}

/// A built-in template, filled in by other means than the command's own.
fn rendered(home: &Home, notice: &Value, part: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let path = path.join(format!("{}.{part}", text(notice, "kind")));
    let mut filled = std::fs::read_to_string(path).unwrap().trim_end().to_owned();
    for (name, value) in [
        ("about", shown(&notice["about"])),
        ("key_id", text(notice, "key_id")),
        ("name", "-".to_owned()),
        ("notice_id", text(notice, "id")),
        ("owner", text(notice, "owner")),
        ("start", text(notice, "start")),
        ("vault_id", vault_id(home)),
    ] {
        filled = filled.replace(&format!("{{{name}}}"), &value);
    }
    for (name, value) in notice["detail"].as_object().unwrap() {
        let is_time = ["expires_at", "grace_until", "rotation_due"].contains(&name.as_str());
        let value = if is_time { shown(value) } else { value.as_str().unwrap().to_owned() };
        filled = filled.replace(&format!("{{{name}}}"), &value);
    }
    assert!(!filled.contains(['{', '}']), "{filled}");
    filled
}

#[test]
fn what_the_server_refuses_is_tried_again_and_given_up_in_the_end() {
    let (home, server) = (Home::new(), MailServer::start(&[]));
    let refused = revoked(&home, "refused@example.org");
    let later = revoked(&home, "later@example.org");
    revoked(&home, "ops@example.org");
    let retry = ["--attempts", "2", "--backoff", "0s"];
    let first = once(&home, &server, &retry).exits(1);
    assert_eq!(statuses(&first), ["failed", "failed", "sent"], "one refusal stops no other");
    assert!(text(&first.json_lines()[0], "error").contains("no such mailbox"));
    let second = once(&home, &server, &retry).exits(1);
    assert_eq!(statuses(&second), ["dead", "dead"]);
    let nothing = once(&home, &server, &retry).exits(0);
    assert_eq!(nothing.stdout, "");

    let dead = list(&home, &["--dead"]);
    let keys: Vec<_> = dead.iter().map(|notice| text(notice, "key_id")).collect();
    assert_eq!(keys, [refused, later]);
    assert!(dead.iter().all(|notice| notice["attempts"] == 2 && notice["dead_at"].is_string()));
    home.run(&["notices", "retry", &text(&dead[0], "id")]).exits(0);
    let again = once(&home, &server, &retry).exits(1);
    assert_eq!(statuses(&again), ["failed"]);
    home.run(&["notices", "ack", &text(&dead[0], "id"), &text(&dead[1], "id")]).exits(0);
    assert!(list(&home, &[]).is_empty());
}

#[test]
fn what_waits_is_sent_when_its_time_has_come() {
    let (home, server) = (Home::new(), MailServer::start(&[]));
    let (id, _) = home.create(&["--notify-email", "later@example.org", "--expires-in", "1d"]);
    let failed = once(&home, &server, &["--backoff", "1500ms"]).exits(1).json();
    assert_eq!((failed["attempts"].clone(), failed["status"].clone()), (json!(1), json!("failed")));
    assert!(failed["next_attempt_at"].is_string());
    let vault = Vault::open(home.vault()).unwrap();
    let update = KeyUpdate::new().notify_email(Some("ops@example.org"));
    vault.update(id.parse().unwrap(), &update, &Actor::new("alice").unwrap()).unwrap();
    assert_eq!(once(&home, &server, &[]).exits(0).stdout, "", "it waits");
    std::thread::sleep(Duration::from_millis(1600));
    assert_eq!(statuses(&once(&home, &server, &[]).exits(0)), ["sent"]);
    assert_eq!(server.mails()[0].0["rcpt_tos"], json!(["ops@example.org"]));
}

#[test]
fn what_has_no_recipient_is_left_and_told_of() {
    let (home, server) = (Home::new(), MailServer::start(&[]));
    let (lone, _) = home.create(&[]);
    home.run(&["revoke", "--yes", &lone]).exits(0);
    revoked(&home, "ops@example.org");
    let answer = once(&home, &server, &[]).exits(0);
    assert_eq!(statuses(&answer), ["sent", "no_recipient"]);
    assert_eq!(text(&answer.json_lines()[1], "key_id"), lone);
    assert!(answer.stderr.contains("--to"), "{answer:?}");
    let left = list(&home, &[]);
    assert_eq!(left.len(), 1);
    assert_eq!((left[0]["attempts"].clone(), left[0]["next_attempt_at"].clone()), (json!(0), Value::Null));
    once(&home, &server, &["--to", "fallback@example.org"]).exits(0);
    assert_eq!(server.mails()[1].0["rcpt_tos"], json!(["fallback@example.org"]));
}

#[test]
fn a_folder_of_templates_takes_the_place_of_those_it_names() {
    let (home, server) = (Home::new(), MailServer::start(&[]));
    let folder = home.folder().join("templates");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("revoked.subject"), "[{kind}] {owner}: {name}\n").unwrap();
    std::fs::write(folder.join("revoked.html"), "<style>p{color:red}</style><p>{name} {{x}}</p>").unwrap();
    std::fs::write(folder.join("README.md"), "{not a template}").unwrap();
    let (id, _) = home.create(&["--name", "<b>'ü'</b>", "--notify-email", "ops@example.org"]);
    home.run(&["revoke", "--yes", &id]).exits(0);
    let templates = ["--templates", folder.to_str().unwrap()];
    let refused = once(&home, &server, &templates).exits(2);
    assert!(refused.error()["message"].as_str().unwrap().contains("{x}"), "an unknown placeholder");
    std::fs::write(folder.join("revoked.html"), "<style>p{color:red}</style><p>{name}</p>").unwrap();
    once(&home, &server, &templates).exits(0);
    let mails = server.mails();
    assert_eq!(mails[0].header("Subject"), "[revoked] acct_42: <b>'ü'</b>");
    let [plain, html] = mails[0].alternatives();
    assert!(plain.starts_with("The API key acme_live_"), "the built-in text");
    assert_eq!(html.trim_end(), "<style>p{color:red}</style><p>&lt;b&gt;&#39;ü&#39;&lt;/b&gt;</p>");

    for (name, text, why) in [
        ("revokd.txt", "x", "revokd.txt"),
        ("expiring.txt", "{secret}", "{secret}"),
        ("expiring.subject", "two\nlines", "one line"),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
        let refused = once(&home, &server, &templates).exits(2);
        assert!(refused.error()["message"].as_str().unwrap().contains(why), "{refused:?}");
        std::fs::remove_file(folder.join(name)).unwrap();
    }
}

#[test]
fn a_running_sender_sends_what_comes_and_ends_cleanly_when_it_is_told_to() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let (home, server) = (Home::new(), MailServer::start(&[]));
        let mut command = notify(&home, &server, &["--json", "--interval", "50ms"]);
        let mut sender = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(sender.stdout.take().unwrap()).lines();
        for _ in 0..3 {
            let id = revoked(&home, "ops@example.org");
            let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
            assert_eq!((text(&line, "status"), text(&line, "key_id")), ("sent".to_owned(), id));
        }
        assert_eq!(server.mails().len(), 3);
        let told = Instant::now();
        kill(Pid::from_raw(i32::try_from(sender.id()).unwrap()), signal).unwrap();
        assert_eq!(sender.wait().unwrap().code(), Some(0), "{signal}");
        assert!(told.elapsed() < Duration::from_secs(5));
        assert!(lines.next().is_none());
    }
}
