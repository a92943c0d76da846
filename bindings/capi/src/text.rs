//! Texts on their way out: NUL-terminated, and borrowed from the object that they belong to.

use std::ffi::{CString, c_char};
use std::ptr::null;

use crate::guard::access;

/// A C string; a NUL inside, which no text of the core has, would end it early and is replaced.
pub(crate) fn c_string(text: &str) -> CString {
    CString::new(text).unwrap_or_else(|_| CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default())
}

/// What the texts of most objects take at most.
const USUAL_BYTES: usize = 256;

/// The texts of one object, in one piece of memory.
#[derive(Default)]
pub(crate) struct Texts {
    bytes: Vec<u8>,
    starts: Vec<Option<usize>>,
}

impl Texts {
    pub(crate) fn of<S: AsRef<str>>(texts: impl IntoIterator<Item = Option<S>>) -> Self {
        let texts = texts.into_iter();
        let room = Vec::with_capacity(texts.size_hint().0);
        let mut all = Self { bytes: Vec::with_capacity(USUAL_BYTES), starts: room };
        for text in texts {
            let start = text.map(|text| all.append(text.as_ref()));
            all.starts.push(start);
        }
        all
    }

    /// Writes a text and its NUL behind the others, without a copy in between.
    fn append(&mut self, text: &str) -> usize {
        let start = self.bytes.len();
        if text.contains('\0') {
            self.bytes.extend_from_slice(c_string(text).as_bytes());
        } else {
            self.bytes.extend_from_slice(text.as_bytes());
        }
        self.bytes.push(0);
        start
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The text at a place; NULL where it is absent, or there is no such place.
    pub(crate) fn get(&self, place: usize) -> *const c_char {
        let start = self.starts.get(place).copied().flatten();
        start.and_then(|start| self.bytes.get(start..)).map_or(null(), |text| text.as_ptr().cast())
    }
}

/// A text that was made for the caller, to be released by keycask_text_free.
pub struct keycask_text {
    text: CString,
}

impl keycask_text {
    pub(crate) fn of(text: &str) -> Self {
        Self { text: c_string(text) }
    }
}

/// The text, NUL-terminated UTF-8. Borrowed from the object; NULL for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_text_get(text: Option<&keycask_text>) -> *const c_char {
    access(null(), || text.map_or(null(), |text| text.text.as_ptr()))
}

/// The text's length in bytes, its NUL not counted; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_text_len(text: Option<&keycask_text>) -> usize {
    access(0, || text.map_or(0, |text| text.text.as_bytes().len()))
}

/// Releases a text; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_text_free(text: Option<Box<keycask_text>>) {
    access((), || drop(text));
}

/// Several texts, to be released by keycask_texts_free.
pub struct keycask_texts {
    texts: Texts,
}

impl keycask_texts {
    pub(crate) fn of<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> Self {
        Self { texts: Texts::of(texts.into_iter().map(Some)) }
    }
}

/// How many texts there are; 0 for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_texts_len(texts: Option<&keycask_texts>) -> usize {
    access(0, || texts.map_or(0, |texts| texts.texts.len()))
}

/// The text at `index`, from 0 on. Borrowed; NULL for NULL and where there is none.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_texts_get(texts: Option<&keycask_texts>, index: usize) -> *const c_char {
    access(null(), || texts.map_or(null(), |texts| texts.texts.get(index)))
}

/// Releases texts; nothing for NULL.
#[unsafe(no_mangle)]
pub extern "C" fn keycask_texts_free(texts: Option<Box<keycask_texts>>) {
    access((), || drop(texts));
}
