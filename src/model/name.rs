//! Names and ids as types of their own, so that none of them is mistaken for
//! another or used before it was checked.

use std::fmt;

/// Why a text is no service name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// There was nothing.
    #[error("a service name can't be empty")]
    Empty,
    /// A character that file names, log prefixes and shells would trip over.
    #[error("a service name can't contain `{0}`; letters, digits, `_`, `.` and `-` are allowed")]
    Character(char),
    /// `.` and `..` would be directories, and a leading `-` a flag.
    #[error("a service name can't start with `{0}`")]
    Start(char),
    /// Longer than a file name in `.pids/` may be.
    #[error("a service name can't be longer than 100 characters")]
    TooLong,
}

/// The name of a declared service: `[A-Za-z0-9_][A-Za-z0-9_.-]*`, at most 100
/// characters, as it appears in files under `.pids/`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct ServiceName(String);

impl ServiceName {
    /// Checks a text and takes it as a name.
    pub fn new(text: &str) -> Result<Self, BadName> {
        let first = text.chars().next().ok_or(BadName::Empty)?;
        if let Some(bad) = text.chars().find(|&c| !is_name_char(c)) {
            return Err(BadName::Character(bad));
        }
        if matches!(first, '.' | '-') {
            return Err(BadName::Start(first));
        }
        if text.len() > 100 {
            return Err(BadName::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for ServiceName {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

/// One running copy of a service: `web` where there is one, `web.2` where
/// there are several. Also the stem of its lock and log files.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct InstanceName(String);

impl InstanceName {
    /// The instance `number` (from 1) of `of` copies of a service.
    pub fn new(service: &ServiceName, number: u16, of: u16) -> Self {
        if of > 1 { Self(format!("{service}.{number}")) } else { Self(service.as_str().to_owned()) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InstanceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for InstanceName {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        ServiceName::new(&text).map_err(serde::de::Error::custom)?;
        Ok(Self(text))
    }
}

/// The id of a run: 128 random bits, written as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, utoipa::ToSchema)]
#[schema(value_type = String)]
pub struct RunId(u128);

impl RunId {
    /// The id made of these bits; the caller draws them.
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// Reads the 32 digits back; anything else is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        digits.then(|| u128::from_str_radix(text, 16).ok().map(Self))?
    }

    /// The raw bits.
    pub const fn bits(self) -> u128 {
        self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl serde::Serialize for RunId {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for RunId {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("a run id has 32 hex digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert!(ServiceName::new("web.1-a_B").is_ok());
        assert_eq!(ServiceName::new(""), Err(BadName::Empty));
        assert_eq!(ServiceName::new("a/b"), Err(BadName::Character('/')));
        assert_eq!(ServiceName::new(".."), Err(BadName::Start('.')));
        assert_eq!(ServiceName::new(&"a".repeat(101)), Err(BadName::TooLong));
    }

    #[test]
    fn run_ids_survive_the_round_trip() {
        let id = RunId::from_bits(0x1234);
        assert_eq!(RunId::parse(&id.to_string()), Some(id));
        assert_eq!(RunId::parse("+0000000000000000000000000001234"), None);
    }
}
