//! Checkpoints: what to keep elsewhere, so that a rewritten log shows. Source: C2SP tlog-checkpoint.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::note::{NoteSigner, NoteVerifier, Signature};
use super::{Hash, Log};
use crate::error::{Error, Result};

/// The size and root of a log at a point in time.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let vault = keycask::Vault::create(folder.path().join("keys.db"))?;
/// use keycask::Checkpoint;
///
/// let kept: String = vault.checkpoint()?.iter().map(|checkpoint| checkpoint.to_note(None)).collect();
/// let report = vault.verify_logs_since(&Checkpoint::parse_all(&kept)?, None)?;
/// assert!(report.ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub(crate) origin: String,
    pub(crate) size: u64,
    pub(crate) root: Hash,
    signatures: Vec<Signature>,
}

impl Checkpoint {
    pub(crate) fn new(vault_id: &str, log: Log, size: u64, root: Hash) -> Self {
        Self { origin: origin(vault_id, log), size, root, signatures: Vec::new() }
    }

    /// The log that it speaks of, such as `keycask/vault_01kb8rdhz6f5sbtcbgh1rstvwx/changes`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many events the log had.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of its tree. Source: RFC 6962, section 2.1.
    #[must_use]
    pub fn root(&self) -> &[u8; 32] {
        &self.root
    }

    /// The body of the note: origin, size and root, a line each.
    #[must_use]
    pub fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// The note to keep: its body, and with a signer its signature, ended by an empty line so that several
    /// can stand in one file. Source: C2SP signed-note.
    #[must_use]
    pub fn to_note(&self, signer: Option<&NoteSigner>) -> String {
        let body = self.body();
        match signer {
            None => format!("{body}\n"),
            Some(signer) => format!("{body}\n{}\n\n", signer.sign(&body)),
        }
    }

    /// Reads every checkpoint of a file, signed or not.
    ///
    /// # Errors
    ///
    /// `invalid_argument`, with the line, where it is no such file.
    pub fn parse_all(text: &str) -> Result<Vec<Self>> {
        let mut checkpoints: Vec<Self> = Vec::new();
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty()).peekable();
        while let Some((number, line)) = lines.next() {
            if let Some(signature) = Signature::parse(line) {
                let checkpoint = checkpoints.last_mut().ok_or_else(|| malformed(number))?;
                checkpoint.signatures.push(signature);
                continue;
            }
            let mut next = || lines.next().map(|(_, line)| line).ok_or_else(|| malformed(number));
            let (size, root) = (next()?, next()?);
            checkpoints.push(Self::parse(line, size, root).ok_or_else(|| malformed(number))?);
        }
        if checkpoints.is_empty() {
            return Err(Error::invalid("checkpoint: the file has none"));
        }
        Ok(checkpoints)
    }

    fn parse(origin: &str, size: &str, root: &str) -> Option<Self> {
        let (_, log) = origin.strip_prefix("keycask/")?.rsplit_once('/')?;
        Log::ALL.iter().find(|known| known.as_str() == log)?;
        let digits =
            size.bytes().all(|byte| byte.is_ascii_digit()) && (size == "0" || !size.starts_with('0'));
        let size = digits.then(|| size.parse().ok()).flatten()?;
        let root = STANDARD.decode(root).ok()?.try_into().ok()?;
        Some(Self { origin: origin.to_owned(), size, root, signatures: Vec::new() })
    }

    /// Whether it has a signature of this verifier's that holds.
    #[must_use]
    pub fn is_signed_by(&self, verifier: &NoteVerifier) -> bool {
        let body = self.body();
        self.signatures.iter().any(|signature| verifier.verify(&body, signature))
    }

    pub(crate) fn is_of(&self, vault_id: &str, log: Log) -> bool {
        self.origin == origin(vault_id, log)
    }
}

fn origin(vault_id: &str, log: Log) -> String {
    format!("keycask/{vault_id}/{}", log.as_str())
}

fn malformed(line: usize) -> Error {
    Error::invalid(format!("checkpoint: what begins at line {} is none", line + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_file_of_several_is_read_back_signed_or_not() {
        let (signer, verifier) = NoteSigner::generate("example.com/vault").unwrap();
        let (_, stranger) = NoteSigner::generate("example.com/vault").unwrap();
        let changes = Checkpoint::new("vault_x", Log::Changes, 7, [7; 32]);
        let uses = Checkpoint::new("vault_x", Log::Uses, 0, [8; 32]);
        let text = changes.to_note(Some(&signer)) + &uses.to_note(None);
        let parsed = Checkpoint::parse_all(&text).unwrap();
        assert_eq!(parsed.iter().map(Checkpoint::body).collect::<Vec<_>>(), [changes.body(), uses.body()]);
        assert!(parsed[0].is_signed_by(&verifier) && !parsed[0].is_signed_by(&stranger));
        assert!(!parsed[1].is_signed_by(&verifier));
        let forged = Checkpoint::parse_all(&text.replace("\n7\n", "\n8\n")).unwrap();
        assert!(!forged[0].is_signed_by(&verifier));
        assert_eq!(
            changes.body(),
            "keycask/vault_x/changes\n7\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n"
        );
    }

    #[test]
    fn what_is_no_checkpoint_is_refused() {
        let good = Checkpoint::new("vault_x", Log::Changes, 7, [7; 32]).body();
        for wrong in [
            String::new(),
            "— name c2lnbmF0dXJl\n".to_owned(),
            good.replace("keycask/", "other/"),
            good.replace("/changes", "/other"),
            good.replace("\n7\n", "\n07\n"),
            good.replace("\n7\n", "\n-7\n"),
            good.replace("BwcH", "BwcHB"),
            good.lines().take(2).collect::<Vec<_>>().join("\n"),
        ] {
            assert!(Checkpoint::parse_all(&wrong).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(keycask/|[0-9]+|\\n|— |\\PC){0,40}") {
            let _ = Checkpoint::parse_all(&text);
        }
    }
}
