//! Signed notes: a text with Ed25519 signatures. Sources: C2SP signed-note; RFC 8032.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::secret::fill;

/// The algorithm's number in keys and key ids.
const ED25519: u8 = 1;

/// An Ed25519 key that signs checkpoints, with the name that its signatures carry. `Debug` shows the name only.
///
/// Its text is `PRIVATE+KEY+NAME+ID+KEY`, as other tools for signed notes write it.
pub struct NoteSigner {
    name: String,
    key: SigningKey,
}

/// The public half, whose text is `NAME+ID+KEY`: the "vkey" of C2SP signed-note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteVerifier {
    name: String,
    key: VerifyingKey,
}

/// A signature line of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    name: String,
    key_id: [u8; 4],
    bytes: [u8; 64],
}

impl NoteSigner {
    /// Draws a new key from the operating system's CSPRNG.
    pub fn generate(name: &str) -> Result<(Self, NoteVerifier)> {
        check_name(name)?;
        let mut seed = Zeroizing::new([0; 32]);
        fill(&mut seed[..])?;
        let key = SigningKey::from_bytes(&seed);
        let verifier = NoteVerifier { name: name.to_owned(), key: key.verifying_key() };
        Ok((Self { name: name.to_owned(), key }, verifier))
    }

    /// Reads the text of a signing key.
    pub fn parse(text: &str) -> Result<Self> {
        // The text is not repeated: it is a private key.
        let wrong = || Error::invalid("signing key: write PRIVATE+KEY+NAME+ID+KEY, as `audit keygen` does");
        let (name, id, key) =
            split(text.trim().strip_prefix("PRIVATE+KEY+").ok_or_else(wrong)?).ok_or_else(wrong)?;
        let key = SigningKey::from_bytes(&Zeroizing::new(key));
        let verifier = NoteVerifier { name: name.to_owned(), key: key.verifying_key() };
        if verifier.id() != id {
            return Err(wrong());
        }
        Ok(Self { name: name.to_owned(), key })
    }

    /// The text to keep, readable by the signer alone.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        let seed = Zeroizing::new(self.key.to_bytes());
        Zeroizing::new(format!("PRIVATE+KEY+{}", join(&self.name, self.verifier().id(), &seed)))
    }

    /// The public half.
    #[must_use]
    pub fn verifier(&self) -> NoteVerifier {
        NoteVerifier { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// The signature line of a note with this body.
    pub(super) fn sign(&self, body: &str) -> String {
        let signature = self.key.sign(body.as_bytes()).to_bytes();
        let bytes = [&self.verifier().id()[..], &signature].concat();
        format!("— {} {}", self.name, STANDARD.encode(bytes))
    }
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteSigner({})", self.name)
    }
}

impl NoteVerifier {
    /// Reads the text of a public key.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || Error::invalid("verifier key: write NAME+ID+KEY, as `audit keygen` prints it");
        let (name, id, key) = split(text.trim()).ok_or_else(wrong)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| wrong())?;
        let verifier = Self { name: name.to_owned(), key };
        if verifier.id() == id { Ok(verifier) } else { Err(wrong()) }
    }

    /// The first four bytes of `SHA-256(NAME || 0x0a || 0x01 || KEY)`.
    fn id(&self) -> [u8; 4] {
        let digest = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', ED25519])
            .chain_update(self.key.as_bytes())
            .finalize();
        [digest[0], digest[1], digest[2], digest[3]]
    }

    pub(super) fn verify(&self, body: &str, signature: &Signature) -> bool {
        let bytes = ed25519_dalek::Signature::from_bytes(&signature.bytes);
        signature.name == self.name
            && signature.key_id == self.id()
            && self.key.verify_strict(body.as_bytes(), &bytes).is_ok()
    }
}

impl fmt::Display for NoteVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&join(&self.name, self.id(), self.key.as_bytes()))
    }
}

impl Signature {
    pub(super) fn parse(line: &str) -> Option<Self> {
        let (name, bytes) = line.strip_prefix("— ")?.split_once(' ')?;
        let bytes = STANDARD.decode(bytes).ok()?;
        let (key_id, bytes) = bytes.split_first_chunk::<4>()?;
        Some(Self { name: name.to_owned(), key_id: *key_id, bytes: bytes.try_into().ok()? })
    }
}

fn check_name(name: &str) -> Result<()> {
    if name.is_empty()
        || name.len() > 128
        || name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
    {
        return Err(Error::invalid(
            "name of a key: write 1 to 128 bytes without spaces and `+`, such as example.com/vault",
        ));
    }
    Ok(())
}

fn join(name: &str, id: [u8; 4], key: &[u8; 32]) -> String {
    let bytes = Zeroizing::new([&[ED25519], &key[..]].concat());
    format!("{name}+{:08x}+{}", u32::from_be_bytes(id), STANDARD.encode(&bytes))
}

fn split(text: &str) -> Option<(&str, [u8; 4], [u8; 32])> {
    let (name, rest) = text.split_once('+')?;
    let (id, key) = rest.split_once('+')?;
    check_name(name).ok()?;
    let id = (id.len() == 8).then(|| u32::from_str_radix(id, 16).ok()).flatten()?;
    let bytes = Zeroizing::new(STANDARD.decode(key).ok()?);
    let key = bytes.strip_prefix(&[ED25519])?.try_into().ok()?;
    Some((name, id.to_be_bytes(), key))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Go package `golang.org/x/mod/sumdb/note`, whose text form this is.
    const PRIVATE: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const SIGNED: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";

    #[test]
    fn keys_and_signatures_are_those_of_other_tools() {
        let signer = NoteSigner::parse(PRIVATE).unwrap();
        assert_eq!(signer.verifier().to_string(), PUBLIC);
        assert_eq!(signer.expose().as_str(), PRIVATE);
        assert_eq!(signer.sign(TEXT), SIGNED);
        let verifier = NoteVerifier::parse(PUBLIC).unwrap();
        let signature = Signature::parse(SIGNED).unwrap();
        assert!(verifier.verify(TEXT, &signature));
        assert!(!verifier.verify(&TEXT.replace("answer", "Answer"), &signature));
        assert_eq!(format!("{signer:?}"), "NoteSigner(PeterNeumann)");
    }

    #[test]
    fn wrong_keys_are_refused_without_being_repeated() {
        for wrong in
            ["", "PRIVATE+KEY+a", PUBLIC, &PRIVATE.replace("c74f", "c74e"), &PRIVATE.replace("AYEK", "AoEK")]
        {
            let error = NoteSigner::parse(wrong).unwrap_err();
            assert!(!error.to_string().contains("PeterNeumann"), "{error}");
        }
        for wrong in ["", PRIVATE, &PUBLIC.replace("c74f", "c74e")] {
            assert!(NoteVerifier::parse(wrong).is_err());
        }
        for name in ["", "a b", "a+b", &"n".repeat(129)] {
            assert!(NoteSigner::generate(name).is_err());
        }
    }
}
