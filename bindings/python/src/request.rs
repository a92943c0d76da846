//! What is asked of verify, of lists and of changes.

use keycask::{ChangeFilter, KeyFilter, KeyId, KeyState, KeyUpdate, NoticeFilter, Request, UseFilter};
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyString};

use crate::convert::{Address, Moment, Span, Texts, Word};
use crate::fields::Field;
use crate::new_key::metadata_text;

/// A request of verify.
pub(crate) fn verify_request<'a>(
    scopes: Option<&'a Texts<'_>>,
    prefix: Option<&'a str>,
    client_ip: Option<Address>,
    request_id: Option<&'a str>,
    event: bool,
) -> PyResult<Request<'a>> {
    let mut request = Request::new();
    for scope in scopes.into_iter().flat_map(Texts::iter) {
        request.extend([scope?]);
    }
    request = prefix.into_iter().fold(request, Request::prefix);
    request = request_id.into_iter().fold(request, Request::request_id);
    if let Some(Address(address)) = client_ip {
        request = request.client_ip(address);
    }
    Ok(if event { request } else { request.no_event() })
}

/// One state, or several.
pub(crate) struct States(Vec<KeyState>);

impl FromPyObject<'_, '_> for States {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if object.is_instance_of::<PyString>() {
            return Ok(Self(vec![object.extract::<Word<KeyState>>()?.0]));
        }
        let words = object.try_iter()?.map(|item| Ok(item?.extract::<Word<KeyState>>()?.0));
        words.collect::<PyResult<_>>().map(Self)
    }
}

/// Which keys.
pub(crate) fn key_filter(
    owner: Option<String>,
    prefix: Option<String>,
    name: Option<String>,
    scope: Option<String>,
    state: Option<States>,
    after: Option<Word<KeyId>>,
    limit: Option<usize>,
) -> KeyFilter {
    let mut filter = KeyFilter::new();
    filter = owner.into_iter().fold(filter, KeyFilter::owner);
    filter = prefix.into_iter().fold(filter, KeyFilter::prefix);
    filter = name.into_iter().fold(filter, KeyFilter::name);
    filter = scope.into_iter().fold(filter, KeyFilter::scope);
    filter = state.into_iter().flat_map(|states| states.0).fold(filter, KeyFilter::state);
    filter = after.into_iter().fold(filter, |filter, Word(id)| filter.after(id));
    limit.into_iter().fold(filter, KeyFilter::limit)
}

/// The stretch of a log.
pub(crate) struct Stretch {
    pub(crate) key_id: Option<Word<KeyId>>,
    pub(crate) since: Option<Moment>,
    pub(crate) until: Option<Moment>,
    pub(crate) newest_first: bool,
    pub(crate) after: Option<u64>,
    pub(crate) limit: Option<usize>,
}

macro_rules! in_stretch {
    ($filter:ident, $stretch:expr) => {{
        let Stretch { key_id, since, until, newest_first, after, limit } = $stretch;
        let mut filter = $filter::new();
        filter = key_id.into_iter().fold(filter, |filter, Word(id)| filter.key(id));
        filter = since.into_iter().fold(filter, |filter, Moment(time)| filter.since(time));
        filter = until.into_iter().fold(filter, |filter, Moment(time)| filter.until(time));
        filter = after.into_iter().fold(filter, $filter::after);
        filter = limit.into_iter().fold(filter, $filter::limit);
        if newest_first { filter.newest_first() } else { filter }
    }};
}

/// Which changes.
pub(crate) fn change_filter(stretch: Stretch) -> ChangeFilter {
    in_stretch!(ChangeFilter, stretch)
}

/// Which uses.
pub(crate) fn use_filter(stretch: Stretch) -> UseFilter {
    in_stretch!(UseFilter, stretch)
}

/// Which notices.
pub(crate) fn notice_filter(
    all: bool,
    dead: bool,
    kind: Option<Word<keycask::NoticeKind>>,
    after: Option<Word<keycask::NoticeId>>,
    limit: Option<usize>,
) -> NoticeFilter {
    let mut filter = NoticeFilter::new();
    filter = kind.into_iter().fold(filter, |filter, Word(kind)| filter.kind(kind));
    filter = after.into_iter().fold(filter, |filter, Word(id)| filter.after(id));
    filter = limit.into_iter().fold(filter, NoticeFilter::limit);
    filter = if all { filter.all() } else { filter };
    if dead { filter.dead() } else { filter }
}

/// Which fields of a key to change.
pub(crate) struct Updated<'py> {
    pub(crate) prefix: Field<String>,
    pub(crate) name: Field<Option<String>>,
    pub(crate) scopes: Field<Texts<'py>>,
    pub(crate) metadata: Field<Option<Bound<'py, PyMapping>>>,
    pub(crate) notify_email: Field<Option<String>>,
    pub(crate) not_before: Field<Option<Moment>>,
    pub(crate) expires_at: Field<Option<Moment>>,
    pub(crate) rotate_after: Field<Option<Span>>,
}

impl Updated<'_> {
    /// The request.
    pub(crate) fn request(self) -> PyResult<KeyUpdate> {
        let time = |time: Option<Moment>| time.map(|time| time.0);
        let mut update = self.prefix.apply(KeyUpdate::new(), KeyUpdate::prefix);
        update = self.name.apply(update, KeyUpdate::name);
        update = self.notify_email.apply(update, KeyUpdate::notify_email);
        update = self.not_before.apply(update, |update, at| update.not_before(time(at)));
        update = self.expires_at.apply(update, |update, at| update.expires_at(time(at)));
        update = self.rotate_after.apply(update, |update, span| update.rotate_after(span.map(|span| span.0)));
        if let Field::Set(scopes) = self.scopes {
            update = update.scopes(scopes.as_strs()?);
        }
        if let Field::Set(metadata) = self.metadata {
            update = update.metadata(metadata.as_ref().map(metadata_text).transpose()?);
        }
        Ok(update)
    }
}
