//! Lenient, borrowed reading of JSON objects: any member may be absent, null or of another type.

use std::{borrow::Cow, fmt, marker::PhantomData};

use aoc_core::RawJson;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// The names of the members that a reader wants, as an enum whose last variant stands for all others.
pub(crate) trait Names: for<'de> Deserialize<'de> + Copy {
    /// The place of the name.
    fn place(self) -> usize;
}

/// The wanted members of one object, as the text they came in.
///
/// The last of several members of one name wins. What is no object has no members; a string keeps its text.
pub(crate) struct Members<'a, M, const N: usize> {
    values: [Option<&'a RawValue>; N],
    plain: Option<Cow<'a, str>>,
    is_object: bool,
    names: PhantomData<M>,
}

impl<'a, M: Names, const N: usize> Members<'a, M, N> {
    fn empty() -> Self {
        Self { values: [None; N], plain: None, is_object: false, names: PhantomData }
    }

    /// Reads a text; `None` when it is no object.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let members: Self = serde_json::from_str(text).ok()?;
        members.is_object.then_some(members)
    }

    /// One member.
    pub(crate) fn get(&self, name: M) -> Raw<'a> {
        Raw(self.values.get(name.place()).copied().flatten())
    }

    /// Whether there is such a member, whatever it holds.
    pub(crate) fn has(&self, name: M) -> bool {
        self.values.get(name.place()).copied().flatten().is_some()
    }

    /// How many of these members there are.
    pub(crate) fn count(&self, names: &[M]) -> usize {
        names.iter().filter(|name| self.has(**name)).count()
    }

    /// The first of these members that has a text.
    pub(crate) fn first(&self, names: &[M]) -> Option<Cow<'a, str>> {
        names.iter().find_map(|name| self.get(*name).text())
    }

    /// An object of those of these members that say something; `None` when none does.
    pub(crate) fn gather(&self, members: &[(&str, M)]) -> Option<RawJson> {
        let mut text = String::with_capacity(256);
        for (name, member) in members {
            let Some(whole) = self.get(*member).whole().filter(|whole| *whole != "\"\"") else { continue };
            text.push_str(if text.is_empty() { "{\"" } else { ",\"" });
            text.push_str(name);
            text.push_str("\":");
            text.push_str(whole);
        }
        if text.is_empty() {
            return None;
        }
        text.push('}');
        RawJson::parse(text).ok()
    }

    /// The text, where a string or number stands in place of the object.
    pub(crate) fn plain(&self) -> Option<&str> {
        self.plain.as_deref()
    }
}

impl<'de: 'a, 'a, M: Names, const N: usize> Deserialize<'de> for Members<'a, M, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MembersVisitor(PhantomData))
    }
}

struct MembersVisitor<'a, M, const N: usize>(PhantomData<(&'a (), M)>);

impl<'de: 'a, 'a, M: Names, const N: usize> Visitor<'de> for MembersVisitor<'a, M, N> {
    type Value = Members<'a, M, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Members::empty();
        members.is_object = true;
        while let Some(name) = map.next_key::<M>()? {
            match members.values.get_mut(name.place()) {
                Some(slot) => *slot = Some(map.next_value()?),
                None => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(members)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Members::empty())
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Members { plain: Some(Cow::Borrowed(text)), ..Members::empty() })
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Members { plain: Some(Cow::Owned(text.to_owned())), ..Members::empty() })
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Members::empty())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Members::empty())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Members { plain: Some(Cow::Owned(number.to_string())), ..Members::empty() })
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Members { plain: Some(Cow::Owned(number.to_string())), ..Members::empty() })
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Members { plain: Some(Cow::Owned(number.to_string())), ..Members::empty() })
    }
}

/// The value of a member, as the text it came in; perhaps there is none.
#[derive(Clone, Copy)]
pub(crate) struct Raw<'a>(Option<&'a RawValue>);

impl<'a> Raw<'a> {
    /// The JSON text, unless it is absent or null.
    pub(crate) fn whole(self) -> Option<&'a str> {
        self.0.map(RawValue::get).filter(|text| *text != "null")
    }

    /// A string, number or boolean as text; nothing for blanks, null, lists and objects.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        let whole = self.whole()?;
        match whole.as_bytes().first()? {
            b'{' | b'[' => None,
            b'"' => Some(unquote(whole)).filter(|text| !text.trim().is_empty()),
            _ => Some(Cow::Borrowed(whole)),
        }
    }

    /// A number, also one written as a string.
    pub(crate) fn number(self) -> Option<i64> {
        let text = self.text()?;
        let text = text.trim();
        text.parse().ok().or_else(|| text.strip_suffix(".0").and_then(|whole| whole.parse().ok()))
    }

    /// The text of an object or list.
    pub(crate) fn nested(self) -> Option<&'a str> {
        self.whole().filter(|text| text.starts_with(['{', '[']))
    }

    /// The members of an object.
    pub(crate) fn object<M: Names, const N: usize>(self) -> Members<'a, M, N> {
        self.nested().and_then(Members::read).unwrap_or_else(Members::empty)
    }

    /// The elements of a list; an object stands for a list of one.
    pub(crate) fn list<T: Deserialize<'a>>(self) -> Vec<T> {
        match self.nested() {
            Some(text) if text.starts_with('[') => serde_json::from_str(text).unwrap_or_default(),
            Some(text) => serde_json::from_str(text).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// The elements of a list as they came.
    pub(crate) fn elements(self) -> Vec<RawJson> {
        self.list::<&RawValue>().into_iter().map(RawJson::from).collect()
    }

    /// The value as it came; null where there is none.
    pub(crate) fn json(self) -> RawJson {
        self.0.map(RawJson::from).unwrap_or_default()
    }
}

/// The content of a JSON string; one with escapes that mean nothing stays as it is written.
pub(crate) fn unquote(whole: &str) -> Cow<'_, str> {
    let inner = whole.get(1..whole.len() - 1).unwrap_or_default();
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Cow::Borrowed(inner);
    }
    serde_json::from_str(whole).map_or(Cow::Borrowed(inner), Cow::Owned)
}
