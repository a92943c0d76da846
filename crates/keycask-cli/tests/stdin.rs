//! Guards against a presented secret that is read wrongly: a newline that makes a good key bad, bytes that
//! crash the command, a flood that fills its memory.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected is found")]

mod common;

use std::time::{Duration, Instant};

use common::Home;

#[test]
fn one_final_newline_is_stripped_and_nothing_else() {
    let home = Home::new();
    let (_, secret) = home.create(&[]);
    for (form, code) in [
        (format!("{secret}\n"), 0),
        (format!("{secret}\r\n"), 0),
        (secret.clone(), 0),
        (format!("{secret}\n\n"), 1),
        (format!("{secret}\r"), 1),
        (format!("{secret} \n"), 1),
        (format!(" {secret}\n"), 1),
        (format!("\n{secret}"), 1),
        (format!("{secret}\n{secret}\n"), 1),
    ] {
        let answer = home.run_with(&["verify"], &form).exits(code);
        assert_eq!(answer.stdout.starts_with("malformed"), code == 1, "{form:?}: {answer:?}");
        home.run_with(&["identify"], &form).exits(code);
    }
    home.run_with(&["revoke", "--secret", "--yes"], format!("{secret}\n\n")).exits(1);
    home.run_with(&["revoke", "--secret", "--yes"], format!("{secret}\r\n")).exits(0);
    let answer = home.run_with(&["verify"], secret).exits(1);
    assert!(answer.stdout.starts_with("revoked"), "{answer:?}");
}

#[test]
fn whatever_is_no_secret_is_malformed_and_no_error() {
    let home = Home::new();
    let (_, secret) = home.create(&[]);
    let longest = [b'a'; 256];
    for bytes in [
        b"".as_slice(),
        b"\n",
        b"\0",
        &[secret.as_bytes(), b"\0"].concat(),
        &[&secret.as_bytes()[..20], b"\xff\xfe", &secret.as_bytes()[22..]].concat(),
        b"\xff\xff\xff\xff",
        "Schlüssel".as_bytes(),
        b"\x1b[31mred",
        &longest,
        &[&longest[..], b"\r\n"].concat(),
        &[&longest[..], b"a"].concat(),
        &[secret.as_bytes(), &[b'\n'; 300]].concat(),
    ] {
        let answer = home.run_with(&["verify", "--json"], bytes).exits(1);
        assert_eq!(answer.json()["outcome"], "malformed", "{bytes:?}");
        assert_eq!(answer.stderr, "");
        home.run_with(&["identify"], bytes).exits(1);
        home.run_with(&["revoke", "--secret", "--yes"], bytes).exits(1);
    }
    home.run_with(&["verify"], secret).exits(0);
}

/// The command stops reading: the flood isn't even taken off the pipe.
#[test]
fn ten_megabytes_are_malformed_and_cheap() {
    let home = Home::new();
    let flood = vec![b'a'; 10 << 20];
    let began = Instant::now();
    let answer = home.run_with(&["verify", "--json"], &flood).exits(1);
    assert_eq!(answer.json()["outcome"], "malformed");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(peak_kib(&home, &flood) < 64 << 10, "the flood was kept in memory");
}

/// The most memory that a verify of `stdin` had, as the kernel counted it.
fn peak_kib(home: &Home, stdin: &[u8]) -> i64 {
    use nix::sys::resource::{UsageWho, getrusage};
    home.run_with(&["verify"], stdin).exits(1);
    getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss()
}

/// A pipe hands over as much as it has; the rest of the secret may come later.
#[test]
fn a_secret_that_comes_in_pieces_is_read_whole() {
    use std::io::Write as _;
    use std::process::Stdio;

    let home = Home::new();
    let (_, secret) = home.create(&[]);
    let mut child = home.command(&["verify"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for piece in secret.as_bytes().chunks(20) {
        stdin.write_all(piece).unwrap();
        std::thread::sleep(Duration::from_millis(30));
    }
    drop(stdin);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
}
