//! The process that changes keys.

use std::time::Duration;

use keycask::{
    ImportOptions, ImportRow, Issued, KeyId, KeyUpdate, NewKey, RevocationReason, Rotation, Vault,
    VaultOptions,
};
use sha2::{Digest, Sha256};

use crate::common::{HOUR, alice};

/// Of so many choices, most revoke.
pub(crate) const CHOICES: usize = 20;

/// What every process must answer of a secret from now on.
pub(crate) type Expected<'a> = (&'a str, &'static str);

/// The key that is changed next: everybody was asked for it, and accepted it.
struct Current {
    id: KeyId,
    secret: String,
}

impl Current {
    fn of(issued: &Issued) -> Self {
        Self { id: issued.key().id(), secret: issued.secret().expose().to_owned() }
    }
}

pub(crate) struct Author<'v> {
    vault: &'v Vault,
    /// Another vault, for secrets that are known in the first one only after they were imported.
    elsewhere: Vault,
    current: Current,
}

impl<'v> Author<'v> {
    pub(crate) fn new(vault: &'v Vault) -> Self {
        let elsewhere = VaultOptions::new().create_in_memory().unwrap();
        Self { vault, elsewhere, current: Current::of(&create(vault)) }
    }

    /// Makes one change or some, and asks everybody after each.
    pub(crate) fn play(&mut self, choice: usize, mut ask: impl FnMut(&str, &[Expected<'_>])) {
        match choice {
            0 => self.import(ask),
            1 | 2 => self.succeed(Rotation::emergency(), |old, new| {
                ask("emergency rotation", &[(old, "revoked"), (new, "valid")]);
            }),
            3 | 4 => self.succeed(Rotation::planned().grace(Duration::ZERO), |old, new| {
                ask("rotation without grace", &[(old, "rotated_out"), (new, "valid")]);
            }),
            5 | 6 => self.finish(ask),
            7 | 8 => self.cancel(ask),
            9 | 10 => self.disable(ask),
            11 | 12 => self.narrow(ask),
            _ => self.revoke(ask),
        }
    }

    fn revoke(&mut self, mut ask: impl FnMut(&str, &[Expected<'_>])) {
        self.vault.revoke(self.current.id, RevocationReason::Compromised, &alice()).unwrap();
        ask("revoke", &[(&self.current.secret, "revoked")]);
        self.current = Current::of(&create(self.vault));
        ask("a new key", &[(&self.current.secret, "valid")]);
    }

    fn succeed(&mut self, rotation: Rotation, ask: impl FnOnce(&str, &str)) {
        let issued = self.vault.rotate(self.current.id, rotation, &alice()).unwrap();
        let old = std::mem::replace(&mut self.current, Current::of(&issued));
        ask(&old.secret, &self.current.secret);
    }

    fn finish(&mut self, mut ask: impl FnMut(&str, &[Expected<'_>])) {
        let id = self.current.id;
        let vault = self.vault;
        self.succeed(Rotation::planned().grace(HOUR), |old, new| {
            ask("rotation", &[(old, "valid"), (new, "valid")]);
            vault.finish_rotation(id, &alice()).unwrap();
            ask("finish", &[(old, "rotated_out"), (new, "valid")]);
        });
    }

    fn cancel(&mut self, mut ask: impl FnMut(&str, &[Expected<'_>])) {
        let Current { id, secret } = &self.current;
        let issued = self.vault.rotate(*id, Rotation::planned().grace(HOUR), &alice()).unwrap();
        let new = issued.secret().expose();
        ask("rotation", &[(secret, "valid"), (new, "valid")]);
        self.vault.cancel_rotation(*id, true, &alice()).unwrap();
        ask("cancel", &[(secret, "valid"), (new, "revoked")]);
    }

    fn disable(&mut self, mut ask: impl FnMut(&str, &[Expected<'_>])) {
        let Current { id, secret } = &self.current;
        self.vault.disable(*id, &alice()).unwrap();
        ask("disable", &[(secret, "disabled")]);
        self.vault.enable(*id, &alice()).unwrap();
        ask("enable", &[(secret, "valid")]);
    }

    fn narrow(&mut self, mut ask: impl FnMut(&str, &[Expected<'_>])) {
        let Current { id, secret } = &self.current;
        self.vault.update(*id, &KeyUpdate::new().scopes(["other"]), &alice()).unwrap();
        ask("narrower scopes", &[(secret, "missing_scope")]);
        self.vault.update(*id, &KeyUpdate::new().scopes(["reports:read"]), &alice()).unwrap();
        ask("wider scopes", &[(secret, "valid")]);
    }

    /// A secret that everybody had just called unknown.
    fn import(&mut self, mut ask: impl FnMut(&str, &[Expected<'_>])) {
        let issued = create(&self.elsewhere);
        let secret = issued.secret().expose();
        ask("a secret of another vault", &[(secret, "unknown")]);
        let row = ImportRow::new(hex(Sha256::digest(secret))).scope("reports:read");
        let report = self.vault.import([row], &ImportOptions::new(), &alice()).unwrap();
        assert_eq!(report.imported(), 1);
        ask("import", &[(secret, "valid")]);
        self.vault.revoke_secret(secret, RevocationReason::Compromised, &alice()).unwrap();
        ask("revoke by the secret", &[(secret, "revoked"), (&self.current.secret, "valid")]);
    }
}

fn create(vault: &Vault) -> Issued {
    vault.create_key(NewKey::new("acme_live").owner("acct_42").scope("reports:read"), &alice()).unwrap()
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
