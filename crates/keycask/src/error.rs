//! The one error type of the crate.
//!
//! A refused key is not an error: see [`Verdict`](crate::Verdict). An [`Error`] means that the question
//! could not be answered or the change not made; nothing was changed then, and no one is let in.

use std::fmt;

use keycask_sqlite::OpenError;

/// What went wrong, for programs. The numbers are stable and shared by every language's layer.
///
/// 10 to 19: the caller can mend it. 20 to 29: the machine, the file or its place. 90 to 99: a bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum ErrorKind {
    /// An argument breaks a limit or a form; the message names it.
    InvalidArgument = 10,
    /// No key has this id.
    NotFound = 11,
    /// The state of the key or the vault doesn't allow the change.
    Conflict = 12,
    /// The vault was closed before.
    Closed = 13,
    /// Something else in this process opens the vault's file, or the process is a copy that ran no fork handlers:
    /// SQLite's locks don't hold, so nothing is answered.
    ForeignAccess = 14,
    /// There is no vault at the path.
    VaultMissing = 20,
    /// What the path leads to isn't a vault: a folder, no SQLite file, or another application's.
    NotAVault = 21,
    /// The vault needs a newer library.
    UnsupportedVersion = 22,
    /// The vault or its folder can't be written or read by this process.
    ReadOnly = 23,
    /// A place where a write-ahead log can't work: a network file system, or a mounted file.
    UnsupportedLocation = 24,
    /// Another writer held the file for longer than the busy timeout. Try again.
    Busy = 25,
    /// The disk is full.
    VaultFull = 26,
    /// The content of the file contradicts itself.
    Damaged = 27,
    /// The operating system failed to read or write.
    Io = 28,
    /// The vault's pepper is missing or wrong.
    Pepper = 29,
    /// A defect of keycask.
    Internal = 90,
}

impl ErrorKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: &'static [Self] = &[
        Self::InvalidArgument,
        Self::NotFound,
        Self::Conflict,
        Self::Closed,
        Self::ForeignAccess,
        Self::VaultMissing,
        Self::NotAVault,
        Self::UnsupportedVersion,
        Self::ReadOnly,
        Self::UnsupportedLocation,
        Self::Busy,
        Self::VaultFull,
        Self::Damaged,
        Self::Io,
        Self::Pepper,
        Self::Internal,
    ];

    /// The stable number.
    #[must_use]
    pub const fn number(self) -> i32 {
        self as i32
    }

    /// The stable name, in `snake_case`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidArgument => "invalid_argument",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Closed => "closed",
            Self::ForeignAccess => "foreign_access",
            Self::VaultMissing => "vault_missing",
            Self::NotAVault => "not_a_vault",
            Self::UnsupportedVersion => "unsupported_version",
            Self::ReadOnly => "read_only",
            Self::UnsupportedLocation => "unsupported_location",
            Self::Busy => "busy",
            Self::VaultFull => "vault_full",
            Self::Damaged => "damaged",
            Self::Io => "io",
            Self::Pepper => "pepper",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A result of a verb.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a verb failed: what was tried, then why, and what to do where that is known.
///
/// It never carries a secret or the content of a row. It is one opaque struct, so that a new cause is not
/// a breaking change: match on [`kind`](Error::kind).
pub struct Error {
    kind: ErrorKind,
    context: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    pub(crate) fn invalid(context: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidArgument, context)
    }

    pub(crate) fn conflict(context: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, context)
    }

    pub(crate) fn closed() -> Self {
        Self::new(ErrorKind::Closed, "use the vault: it was closed; open it anew")
    }

    pub(crate) fn damaged(context: impl Into<String>) -> Self {
        Self::new(ErrorKind::Damaged, context)
    }

    /// What went wrong, for programs.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The same error, as of another verb.
    pub(crate) fn rename(mut self, from: &str, to: &str) -> Self {
        if let Some(rest) = self.context.strip_prefix(from) {
            self.context = format!("{to}{rest}");
        }
        self
    }

    /// Whether the content of the open file can no longer be trusted after this error.
    pub(crate) fn poisons(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::ForeignAccess | ErrorKind::Damaged | ErrorKind::Io | ErrorKind::NotAVault
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.context)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.context)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

const FULL: &str = "the disk is full; free room, nothing was changed";

impl From<OpenError> for Error {
    fn from(error: OpenError) -> Self {
        let told = Self::from(&error);
        Self { source: Some(Box::new(error)), ..told }
    }
}

impl From<&OpenError> for Error {
    fn from(error: &OpenError) -> Self {
        let (kind, remedy) = match error {
            OpenError::Missing(_) => (ErrorKind::VaultMissing, "; create it with `keycask init`"),
            OpenError::FolderMissing(_) => (ErrorKind::VaultMissing, ""),
            OpenError::Exists(_) | OpenError::InUse(_) => (ErrorKind::Conflict, ""),
            OpenError::Directory(_)
            | OpenError::NotAFile(_)
            | OpenError::NotSqlite(_)
            | OpenError::Foreign(..) => (ErrorKind::NotAVault, ""),
            OpenError::Newer { .. } => (ErrorKind::UnsupportedVersion, ""),
            OpenError::Denied(_) | OpenError::ReadOnly(_) => (ErrorKind::ReadOnly, ""),
            OpenError::Filesystem(..) | OpenError::MountPoint(_) => (ErrorKind::UnsupportedLocation, ""),
            OpenError::Closed => (ErrorKind::Closed, ""),
            OpenError::ForeignAccess(_) | OpenError::RawCopy => (ErrorKind::ForeignAccess, ""),
            OpenError::BadMode(_) => (ErrorKind::InvalidArgument, ""),
            OpenError::Sqlite(cause) => (opening_kind(cause), ""),
            OpenError::Io(_, cause) => (io_kind(cause), ""),
            _ => (ErrorKind::Internal, ""),
        };
        let what = match error {
            OpenError::Sqlite(_) if kind == ErrorKind::VaultFull => format!(": {FULL}"),
            OpenError::Sqlite(_) | OpenError::Io(..) => format!(": {error}"),
            _ => format!(" {error}"),
        };
        Self::new(kind, format!("open vault{what}{remedy}"))
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let kind = sqlite_kind(&error);
        let interrupted = error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted);
        let context = match kind {
            ErrorKind::Busy if interrupted => {
                "use the vault: a fork of this process came between; try again".to_owned()
            }
            ErrorKind::Busy => {
                "use the vault: another writer held it for longer than the busy timeout; try again".to_owned()
            }
            ErrorKind::VaultFull => format!("write the vault: {FULL}"),
            // The text of other failures can hold the statement, never its values.
            _ => format!("use the vault: {}", error.to_string().split(" in ").next().unwrap_or_default()),
        };
        Self { kind, context, source: Some(Box::new(error)) }
    }
}

/// Opening makes the index of the log, and changes nothing yet: SQLite calls it an I/O error where that finds no room.
fn opening_kind(error: &rusqlite::Error) -> ErrorKind {
    match error.sqlite_error() {
        Some(error) if error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE => ErrorKind::VaultFull,
        _ => sqlite_kind(error),
    }
}

fn sqlite_kind(error: &rusqlite::Error) -> ErrorKind {
    use rusqlite::ErrorCode as Code;
    match error.sqlite_error_code() {
        Some(Code::DatabaseBusy | Code::DatabaseLocked | Code::OperationInterrupted) => ErrorKind::Busy,
        Some(Code::DiskFull) => ErrorKind::VaultFull,
        Some(Code::NotADatabase) => ErrorKind::NotAVault,
        Some(Code::ReadOnly | Code::PermissionDenied) => ErrorKind::ReadOnly,
        Some(Code::CannotOpen | Code::SystemIoFailure | Code::FileLockingProtocolFailed) => ErrorKind::Io,
        // Without a code it is a value that doesn't fit its column's type: no row of keycask's.
        Some(Code::DatabaseCorrupt) | None => ErrorKind::Damaged,
        Some(_) => ErrorKind::Internal,
    }
}

fn io_kind(error: &std::io::Error) -> ErrorKind {
    match error.kind() {
        std::io::ErrorKind::StorageFull => ErrorKind::VaultFull,
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => ErrorKind::ReadOnly,
        _ => ErrorKind::Io,
    }
}
