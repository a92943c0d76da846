//! Guards against mail that goes to a server nobody vouches for, or in the clear, and against a password that
//! shows.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;
mod mail;

use common::{Home, run, text};
use mail::{FROM, MailServer, PASSWORD, USER, list, notify, revoked, statuses};

#[test]
fn nothing_goes_out_to_a_server_that_is_not_trusted() {
    let home = Home::new();
    revoked(&home, "ops@example.org");
    let server = MailServer::start(&[]);
    let plain = MailServer::start(&["--mode", "plain"]);
    let foreign = MailServer::start(&[]);
    let unnamed = format!("smtp://127.0.0.2:{}", server.port());
    for (server, url, ca, why) in [
        (&server, server.url(), server.other_ca(), "certificate"),
        (&foreign, foreign.url(), server.ca(), "certificate"),
        (&server, unnamed, server.ca(), "certificate not valid for name"),
        (&plain, plain.url(), plain.ca(), "STARTTLS"),
    ] {
        let mut command = home.command(&["notify", "--once", "--json", "--from", FROM, "--backoff", "0s"]);
        command.args(["--smtp", &url, "--ca-file"]).arg(ca);
        command.env("KEYCASK_SMTP_USER", USER).env("KEYCASK_SMTP_PASSWORD", PASSWORD);
        let failed = run(&mut command).exits(1).json();
        assert_eq!(failed["status"], "failed");
        assert!(text(&failed, "error").contains(why), "{failed}");
        assert!(server.mails().is_empty());
    }
}

#[test]
fn plaintext_goes_to_this_machine_and_only_when_it_is_asked_for() {
    let home = Home::new();
    revoked(&home, "ops@example.org");
    let server = MailServer::start(&["--mode", "plain"]);
    let plain = |url: &str, more: &[&str]| {
        let args = [&["notify", "--once", "--smtp-plaintext", "--from", FROM, "--smtp", url], more].concat();
        home.run(&args)
    };
    for url in ["smtp://mail.example.com", "smtp://10.0.0.1", "smtp://127.0.0.1.example.com:25"] {
        assert!(plain(url, &[]).exits(2).stderr.contains("this machine"), "{url}");
    }
    plain("smtps://127.0.0.1", &[]).exits(2);
    plain(&server.url(), &["--ca-file", "x"]).exits(2);
    plain(&server.url(), &[]).exits(0);
    assert_eq!(server.mails()[0].0["tls"], false);
}

#[test]
fn a_wrong_password_costs_one_notice_an_attempt_and_is_not_shown() {
    let (home, server) = (Home::new(), MailServer::start(&[]));
    for _ in 0..3 {
        revoked(&home, "ops@example.org");
    }
    let mut command = notify(&home, &server, &["--once", "--json"]);
    let answer = run(command.env("KEYCASK_SMTP_PASSWORD", "hunter2-hunter2")).exits(1);
    assert_eq!(statuses(&answer), ["failed"]);
    assert!(answer.stdout.contains("535"), "{answer:?}");
    assert!(!answer.stdout.contains("hunter2") && !answer.stderr.contains("hunter2"));
    assert_eq!(list(&home, &[]).iter().map(|n| n["attempts"].clone()).collect::<Vec<_>>(), [1, 0, 0]);
    assert!(server.mails().is_empty());

    let file = home.folder().join("password");
    std::fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    let mut command = notify(&home, &server, &["--once", "--smtp-user", USER, "--password-file"]);
    command.arg(&file).env_remove("KEYCASK_SMTP_USER").env_remove("KEYCASK_SMTP_PASSWORD");
    run(&mut command).exits(0);
    assert_eq!(server.mails().len(), 2, "the first waits");
}

#[test]
fn bad_arguments_are_2_and_a_password_in_one_is_not_repeated() {
    let home = Home::new();
    let base = ["notify", "--once", "--json"];
    let url = ["--smtp", "smtp://127.0.0.1:9"];
    let from = ["--from", FROM];
    for args in [
        &["--smtp", "smtp://bob:hunter2@mail.example.com", "--from", FROM][..],
        &["--smtp", "mail.example.com/hunter2", "--from", FROM],
        &["--smtp", "smtp://127.0.0.1:9", "--from", "hunter2"],
        &[&url[..], &from, &["--to", "hunter2"]].concat(),
        &[&url[..], &from, &["--smtp-user", "bob"]].concat(),
        &[&url[..], &from, &["--smtp-user", "bob", "--password-file", "/nowhere"]].concat(),
        &[&url[..], &from, &["--ca-file", "/nowhere"]].concat(),
        &[&url[..], &from, &["--templates", "/nowhere"]].concat(),
        &[&url[..], &from, &["--attempts", "0"]].concat(),
        &[&url[..], &from, &["--lease", "0s"]].concat(),
        &[&url[..], &from, &["--interval", "1s"]].concat(),
        &url[..],
        &from[..],
    ] {
        let answer = home.run(&[&base[..], args].concat()).exits(2);
        assert!(!answer.stderr.contains("hunter2"), "{answer:?}");
        assert_eq!(answer.stdout, "");
    }
    let empty = home.folder().join("empty.pem");
    std::fs::write(&empty, "no certificate").unwrap();
    let args = [&base[..], &url, &from, &["--ca-file", empty.to_str().unwrap()]].concat();
    assert!(home.run(&args).exits(2).stderr.contains("no PEM certificate"));
}
