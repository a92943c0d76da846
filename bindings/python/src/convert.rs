//! Values that cross over: times, durations, addresses, words, texts, actors.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDateTime, PyDelta, PyDeltaAccess, PyList, PyString, PyTzInfo};

use crate::errors::{invalid, raise};

const MICROS_OF_A_DAY: i64 = 86_400_000_000;

/// A point in time: an aware `datetime` in any zone, given back in UTC.
#[derive(Clone, Copy)]
pub(crate) struct Moment(pub(crate) SystemTime);

impl FromPyObject<'_, '_> for Moment {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let py = object.py();
        let time = object.cast::<PyDateTime>()?;
        if time.call_method0(intern!(py, "utcoffset"))?.is_none() {
            return Err(invalid("datetime: is naive; give it a time zone, such as datetime.now(UTC)"));
        }
        let since = time.sub(epoch(py)?)?;
        let micros = micros(&since.cast_into::<PyDelta>()?);
        let distance = Duration::from_micros(micros.unsigned_abs());
        Ok(Self(match micros {
            0.. => SystemTime::UNIX_EPOCH + distance,
            _ => SystemTime::UNIX_EPOCH - distance,
        }))
    }
}

impl<'py> IntoPyObject<'py> for Moment {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let epoch = epoch(py)?;
        match self.0.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => epoch.add(since),
            Err(before) => epoch.sub(before.duration()),
        }
    }
}

fn epoch(py: Python<'_>) -> PyResult<&Bound<'_, PyDateTime>> {
    static EPOCH: PyOnceLock<Py<PyDateTime>> = PyOnceLock::new();
    let make = || {
        let utc = PyTzInfo::utc(py)?;
        PyDateTime::new(py, 1970, 1, 1, 0, 0, 0, 0, Some(&utc)).map(Bound::unbind)
    };
    Ok(EPOCH.get_or_try_init(py, make)?.bind(py))
}

fn micros(delta: &Bound<'_, PyDelta>) -> i64 {
    let seconds = i64::from(delta.get_seconds()) * 1_000_000;
    i64::from(delta.get_days()) * MICROS_OF_A_DAY + seconds + i64::from(delta.get_microseconds())
}

/// A duration: a `timedelta` that isn't negative.
#[derive(Clone, Copy)]
pub(crate) struct Span(pub(crate) Duration);

impl FromPyObject<'_, '_> for Span {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let micros = micros(&object.cast::<PyDelta>()?.to_owned());
        let micros = u64::try_from(micros).map_err(|_| invalid("timedelta: is negative"))?;
        Ok(Self(Duration::from_micros(micros)))
    }
}

/// An IP address: a `str`, or an address of the `ipaddress` module.
pub(crate) struct Address(pub(crate) IpAddr);

impl FromPyObject<'_, '_> for Address {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let Ok(text) = object.cast::<PyString>() else {
            if object.hasattr(intern!(object.py(), "packed"))? {
                return object.extract().map(Self);
            }
            return Err(wrong_type("client_ip", "a str or an ipaddress", object));
        };
        let text = text.to_str()?;
        // The zone of a link-local address says nothing to anyone but this machine.
        let without_zone = || text.split('%').next().unwrap_or_default().parse();
        // The text is not repeated: it may be a secret that was put in the wrong place.
        text.parse().or_else(|_| without_zone()).map(Self).map_err(|_| invalid("client_ip: is no IP address"))
    }
}

/// A word or an id that the core reads from text.
pub(crate) struct Word<T>(pub(crate) T);

impl<T: FromStr<Err = keycask::Error>> FromPyObject<'_, '_> for Word<T> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        object.extract::<&str>()?.parse().map(Self).map_err(raise)
    }
}

/// Texts, such as scopes: any iterable of `str`, but not a single `str`, whose characters it would be.
pub(crate) struct Texts<'py> {
    /// Apart, so that a list of one text, which most are, takes no memory.
    first: Option<Bound<'py, PyString>>,
    more: Vec<Bound<'py, PyString>>,
}

impl Texts<'_> {
    /// Borrowed for as long as this value holds on to them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = PyResult<&str>> {
        self.first.iter().chain(&self.more).map(|text| text.to_str())
    }

    /// All of them.
    pub(crate) fn as_strs(&self) -> PyResult<Vec<&str>> {
        self.iter().collect()
    }
}

impl<'py> FromPyObject<'_, 'py> for Texts<'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(list) = object.cast::<PyList>() {
            let first = list.get_item(0).ok();
            // As many as there are now: the list can grow while it is read.
            let more = (1..list.len()).map(|place| Ok(list.get_item(place)?.cast_into()?));
            let more = more.collect::<PyResult<_>>()?;
            return Ok(Self { first: first.map(Bound::cast_into).transpose()?, more });
        }
        if object.is_instance_of::<PyString>() || object.is_instance_of::<PyBytes>() {
            return Err(wrong_type("an iterable of str", "a list, such as [\"reports:read\"]", object));
        }
        let mut texts = object.try_iter()?.map(|item| Ok(item?.cast_into()?));
        Ok(Self { first: texts.next().transpose()?, more: texts.collect::<PyResult<_>>()? })
    }
}

/// What a client presented: `str` or `bytes`. Text that has no UTF-8 is passed on as what it is, since it is the
/// verdict `malformed` and no error.
pub(crate) enum Presented<'a> {
    Bytes(&'a [u8]),
    NotUtf8(Vec<u8>),
}

impl AsRef<[u8]> for Presented<'_> {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::NotUtf8(bytes) => bytes,
        }
    }
}

impl<'a> FromPyObject<'a, '_> for Presented<'a> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, '_, PyAny>) -> PyResult<Self> {
        if let Ok(text) = object.extract::<&'a str>() {
            return Ok(Self::Bytes(text.as_bytes()));
        }
        if let Ok(bytes) = object.extract::<&'a [u8]>() {
            return Ok(Self::Bytes(bytes));
        }
        match object.cast::<PyString>() {
            Ok(text) => surrogates(&text).map(Self::NotUtf8),
            Err(_) => Err(wrong_type("presented", "a str or bytes", object)),
        }
    }
}

/// The bytes of text with lone surrogates, which servers make of bytes that aren't UTF-8.
fn surrogates(text: &Bound<'_, PyString>) -> PyResult<Vec<u8>> {
    text.call_method1(intern!(text.py(), "encode"), ("utf-8", "surrogatepass"))?.extract()
}

/// Who makes a change: a name, or an `Actor`.
pub(crate) struct By(pub(crate) keycask::Actor);

impl FromPyObject<'_, '_> for By {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if let Ok(actor) = object.cast::<Actor>() {
            return Ok(Self(actor.get().actor.clone()));
        }
        match object.extract::<&str>() {
            Ok(name) => keycask::Actor::new(name).map(Self).map_err(raise),
            Err(_) => Err(wrong_type("actor", "a str or an Actor", object)),
        }
    }
}

/// Who makes a change, from which address and in which request: for the audit log.
///
/// Wherever a method takes `actor`, a plain `str` is the actor of that name. `name` has at most 256 bytes,
/// `request_id` 128; else `InvalidArgumentError`.
#[pyclass(frozen, module = "keycask")]
pub(crate) struct Actor {
    actor: keycask::Actor,
}

#[pymethods]
impl Actor {
    #[new]
    #[pyo3(signature = (name, *, client_ip=None, request_id=None))]
    fn new(name: &str, client_ip: Option<Address>, request_id: Option<&str>) -> PyResult<Self> {
        let mut actor = keycask::Actor::new(name).map_err(raise)?;
        if let Some(Address(address)) = client_ip {
            actor = actor.client_ip(address);
        }
        if let Some(id) = request_id {
            actor = actor.request_id(id).map_err(raise)?;
        }
        Ok(Self { actor })
    }

    /// The name.
    #[getter]
    fn name(&self) -> &str {
        self.actor.name()
    }

    fn __repr__(&self) -> String {
        format!("<Actor {:?}>", self.actor.name())
    }
}

fn wrong_type(what: &str, wanted: &str, found: Borrowed<'_, '_, PyAny>) -> PyErr {
    let found = found.get_type().name().map(|name| name.to_string()).unwrap_or_default();
    PyTypeError::new_err(format!("{what}: give {wanted}, not {found}"))
}
