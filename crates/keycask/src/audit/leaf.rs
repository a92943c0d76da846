//! The bytes of a leaf. Their form is fixed for ever: see `docs/file-format.md` and `tests/vectors`.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

use super::{ChangeRow, Hash, Log, UseRow};

/// The version of both leaf forms.
const VERSION: u8 = 1;

/// A value that may name a person, and so can be blanked later: it enters its leaf as a commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Personal {
    Actor,
    Owner,
    ClientIp,
    Note,
}

impl Personal {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Actor => "actor",
            Self::Owner => "owner",
            Self::ClientIp => "client_ip",
            Self::Note => "note",
        }
    }

    const ALL: [Self; 4] = [Self::Actor, Self::Owner, Self::ClientIp, Self::Note];

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }

    /// `SHA-256(salt, field)`: it gives each field a salt of its own, so that one value can be blanked and
    /// the row's salt forgotten while the other fields stay provable.
    pub(super) fn salt(self, salt: &[u8; 16]) -> Hash {
        Sha256::new().chain_update(salt).chain_update(self.as_str()).finalize().into()
    }
}

/// What a leaf holds of a value: `SHA-256(field salt, value)`.
pub(super) fn commit(field_salt: &Hash, value: &str) -> Hash {
    Sha256::new().chain_update(field_salt).chain_update(value).finalize().into()
}

/// What is kept of a field once its row's salt was forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Erased {
    /// Of a value that was blanked.
    Commitment(Hash),
    /// Of a value that stayed: its field's salt.
    Salt(Hash),
}

/// What is kept of each field of a row whose salt was forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept(Vec<(Personal, Erased)>);

impl Kept {
    pub(crate) fn get(&self, field: Personal) -> Option<Erased> {
        self.0.iter().find(|(known, _)| *known == field).map(|(_, erased)| *erased)
    }

    pub(crate) fn set(&mut self, field: Personal, erased: Erased) {
        self.0.retain(|(known, _)| *known != field);
        self.0.push((field, erased));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Personal, Erased)> + '_ {
        self.0.iter().copied()
    }
}

/// What stands in a leaf of `changes` for the values that may name a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Commitments {
    pub(crate) actor: Option<Hash>,
    pub(crate) owner: Option<Hash>,
    pub(crate) client_ip: Option<Hash>,
    pub(crate) note: Option<Hash>,
}

/// The leaf of a row of `changes`.
pub(crate) fn change_leaf(row: &ChangeRow, commitments: &Commitments) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(512);
    let mut leaf = Leaf::begin(&mut bytes, Log::Changes, row.seq, row.at.ms());
    leaf.0.extend((row.kind as u16).to_be_bytes());
    leaf.optional(row.key.map(|(no, id)| [&no.0.to_be_bytes()[..], id.as_bytes()].concat()));
    for commitment in [commitments.actor, commitments.owner, commitments.client_ip, commitments.note] {
        leaf.optional(commitment);
    }
    leaf.optional_sized(row.request_id.as_deref().map(str::as_bytes));
    leaf.sized(row.detail.as_bytes());
    bytes
}

/// Appends the leaf of a row of `uses` to `bytes`. There are many of them: nothing is allocated but their room.
pub(crate) fn write_use_leaf<T: AsRef<str>>(bytes: &mut Vec<u8>, row: &UseRow<T>) {
    let mut leaf = Leaf::begin(bytes, Log::Uses, row.seq, row.at.ms());
    leaf.0.extend(row.key.map_or(0, |key| key.0).to_be_bytes());
    leaf.0.push(row.outcome.code());
    leaf.0.extend(row.epoch.to_be_bytes());
    let mut address = [0; 16];
    leaf.optional_sized(row.client.map(|client| address_bytes(client, &mut address)));
    leaf.optional_sized(row.request.as_ref().map(|request| request.as_ref().as_bytes()));
    leaf.0.extend(row.prefix_no.unwrap_or(0).to_be_bytes());
    leaf.0.extend(row.counted.map_or(1, |counted| counted.count).to_be_bytes());
    leaf.0.extend(row.counted.map_or(row.at, |counted| counted.last).ms().to_be_bytes());
}

/// An address as 4 or 16 bytes in network order.
pub(crate) fn address_bytes(address: IpAddr, buffer: &mut [u8; 16]) -> &[u8] {
    match address {
        IpAddr::V4(address) => {
            buffer[..4].copy_from_slice(&address.octets());
            &buffer[..4]
        }
        IpAddr::V6(address) => {
            *buffer = address.octets();
            buffer
        }
    }
}

/// Integers are big-endian; what may be absent follows a byte 0 or 1; text follows its length in 4 bytes.
struct Leaf<'b>(&'b mut Vec<u8>);

impl<'b> Leaf<'b> {
    fn begin(bytes: &'b mut Vec<u8>, log: Log, seq: i64, at_ms: i64) -> Self {
        bytes.extend([VERSION, log.number()]);
        bytes.extend(seq.to_be_bytes());
        bytes.extend(at_ms.to_be_bytes());
        Self(bytes)
    }

    fn optional(&mut self, value: Option<impl AsRef<[u8]>>) {
        match value {
            None => self.0.push(0),
            Some(value) => {
                self.0.push(1);
                self.0.extend(value.as_ref());
            }
        }
    }

    fn optional_sized(&mut self, value: Option<&[u8]>) {
        self.0.push(u8::from(value.is_some()));
        if let Some(value) = value {
            self.sized(value);
        }
    }

    fn sized(&mut self, bytes: &[u8]) {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.0.extend(length.to_be_bytes());
        self.0.extend(bytes);
    }
}
