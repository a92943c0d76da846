//! The questions about a presented secret.

use keycask::{Request, Verdict};
use pyo3::prelude::*;

use super::Vault;
use crate::convert::{Address, Moment, Presented, Texts};
use crate::errors::rejected;
use crate::key::Key;
use crate::request::verify_request;

#[pymethods]
impl Vault {
    /// Judges what a client presented: the key, or `KeyRejectedError` with the reason.
    ///
    /// `presented` is `str` or `bytes`; what isn't a secret at all is refused as `malformed`. `scopes` and `prefix` are
    /// demanded; `client_ip` and `request_id` go to the log of uses, where `event=False` leaves no trace. Tell the client
    /// one thing only: invalid.
    ///
    /// A `VaultError` means that the vault could not say: let no one in, and answer 503.
    #[pyo3(signature = (presented, *, scopes=None, prefix=None, client_ip=None, request_id=None,
        event=true, now=None))]
    fn verify(
        &self,
        py: Python<'_>,
        presented: Presented<'_>,
        scopes: Option<Texts<'_>>,
        prefix: Option<&str>,
        client_ip: Option<Address>,
        request_id: Option<&str>,
        event: bool,
        now: Option<Moment>,
    ) -> PyResult<Key> {
        let request: &Request<'_> = &verify_request(scopes.as_ref(), prefix, client_ip, request_id, event)?;
        // Letting go of the interpreter would cost more than an answer from memory does.
        let remembered = |vault: &keycask::Vault| {
            vault.verify_remembered(presented.as_ref(), request, now.map(|now| now.0))
        };
        let (verdict, at) = match self.run_attached(remembered)? {
            Some(answer) => answer,
            None => self.run_at(
                py,
                now,
                |vault| vault.verify(&presented, request),
                |vault, now| vault.verify_at(&presented, request, now),
            )?,
        };
        match verdict {
            Verdict::Valid(key) => Ok(Key::new(key, at)),
            Verdict::Refused(refusal) => Err(rejected(py, &refusal)),
        }
    }

    /// The key that a secret belongs to, whatever its state, or `None` where it is malformed or unknown. It is not a
    /// use of the key, and no answer to whether it may be served.
    #[pyo3(signature = (presented, *, now=None))]
    fn identify(
        &self,
        py: Python<'_>,
        presented: Presented<'_>,
        now: Option<Moment>,
    ) -> PyResult<Option<Key>> {
        let key = self.run(py, |vault| vault.identify(&presented))?;
        Ok(key.map(|key| Key::new(key, self.time(now))))
    }
}
