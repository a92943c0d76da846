//! A real SMTP server, `tests/smtp/server.py`, and what it received.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::common::{Answer, Home, run, text};

pub(crate) const USER: &str = "keycask";
pub(crate) const PASSWORD: &str = "correct horse";

pub(crate) const FROM: &str = "API keys <keys@example.com>";

/// The Python that has aiosmtpd: without it these tests fail, and never pass in silence.
fn python() -> PathBuf {
    let named = std::env::var_os("KEYCASK_TEST_PYTHON");
    let python = PathBuf::from(named.expect(
        "KEYCASK_TEST_PYTHON is not set: run tests/run, or name a Python with tests/smtp/requirements.txt",
    ));
    let imports = Command::new(&python).args(["-c", "import aiosmtpd, cryptography"]).output().unwrap();
    assert!(imports.status.success(), "{}: {}", python.display(), String::from_utf8_lossy(&imports.stderr));
    python
}

/// The server; it ends with this value.
pub(crate) struct MailServer {
    process: Child,
    folder: TempDir,
    port: u16,
}

impl MailServer {
    pub(crate) fn start(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/smtp/server.py");
        #[allow(clippy::disallowed_methods, reason = "a log, and no vault")]
        let log = std::fs::File::create(folder.path().join("server.log")).unwrap();
        let mut process = Command::new(python())
            .arg(script)
            .arg(folder.path())
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            panic!("{}", std::fs::read_to_string(folder.path().join("server.log")).unwrap())
        });
        let port = u16::try_from(told["port"].as_u64().unwrap()).unwrap();
        Self { process, folder, port }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// The authority that vouches for it.
    pub(crate) fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    pub(crate) fn other_ca(&self) -> PathBuf {
        self.folder.path().join("other-ca.pem")
    }

    /// What it received, in order.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort();
        paths
            .iter()
            .map(|path| Mail(serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()))
            .collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// A message as the server's own parser read it.
#[derive(Debug)]
pub(crate) struct Mail(pub(crate) Value);

impl Mail {
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let headers = self.0["headers"].as_array().unwrap();
        let found: Vec<_> = headers.iter().filter(|header| header[0] == name).collect();
        assert_eq!(found.len(), 1, "{name} in {headers:?}");
        found[0][1].as_str().unwrap()
    }

    pub(crate) fn header_names(&self) -> Vec<&str> {
        self.0["headers"].as_array().unwrap().iter().map(|header| header[0].as_str().unwrap()).collect()
    }

    /// The two alternatives: plain text, then HTML.
    #[track_caller]
    pub(crate) fn alternatives(&self) -> [String; 2] {
        assert_eq!(self.0["content_type"], "multipart/alternative");
        let parts = self.0["parts"].as_array().unwrap();
        let kinds: Vec<_> = parts.iter().map(|part| (part[0].as_str(), part[1].as_str())).collect();
        assert_eq!(kinds, [(Some("text/plain"), Some("utf-8")), (Some("text/html"), Some("utf-8"))]);
        [0, 1].map(|part| parts[part][2].as_str().unwrap().replace("\r\n", "\n"))
    }

    pub(crate) fn raw(&self) -> &str {
        self.0["raw"].as_str().unwrap()
    }
}

/// `notify` with a login.
pub(crate) fn notify(home: &Home, server: &MailServer, args: &[&str]) -> Command {
    let mut command = home.command(&["notify", "--smtp", &server.url(), "--from", FROM]);
    command.arg("--ca-file").arg(server.ca()).args(args);
    command.env("KEYCASK_SMTP_USER", USER).env("KEYCASK_SMTP_PASSWORD", PASSWORD);
    command
}

pub(crate) fn once(home: &Home, server: &MailServer, args: &[&str]) -> Answer {
    run(&mut notify(home, server, &[&["--once", "--json"], args].concat()))
}

pub(crate) fn list(home: &Home, args: &[&str]) -> Vec<Value> {
    home.run(&[&["notices", "list", "--json"], args].concat()).exits(0).json_lines()
}

pub(crate) fn statuses(answer: &Answer) -> Vec<String> {
    answer.json_lines().iter().map(|delivery| text(delivery, "status")).collect()
}

/// A key that was revoked, and whom its notice goes to.
pub(crate) fn revoked(home: &Home, address: &str) -> String {
    let (id, _) = home.create(&["--notify-email", address]);
    home.run(&["revoke", "--yes", &id]).exits(0);
    id
}
