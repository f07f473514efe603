//! The columns of a row, read without its values.
//!
//! Invariant: one pass over the line, which copies nothing but escaped names.

use alloc::borrow::Cow;
use core::fmt;

use serde::Deserialize;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};

use crate::prelude::*;

/// The columns of a row, as far as they decide whether it can be sent.
#[derive(Debug, Default)]
pub(super) struct Columns<'a> {
    /// The column `custom_id`.
    pub(super) custom_id: Option<Cow<'a, str>>,
    /// The position of the first needed column that the row lacks.
    pub(super) missing: Option<usize>,
}

/// Reads the columns of a row that needs these.
pub(super) fn read_columns<'a>(line: &'a str, needed: &[String]) -> Result<Columns<'a>, serde_json::Error> {
    let mut parser = serde_json::Deserializer::from_str(line);
    let columns = parser.deserialize_map(ColumnVisitor { needed })?;
    parser.end()?;
    Ok(columns)
}

struct ColumnVisitor<'n> {
    needed: &'n [String],
}

/// A text that is borrowed from the line if it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Visitor<'de> for ColumnVisitor<'_> {
    type Value = Columns<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<Columns<'de>, M::Error> {
        let mut columns = Columns::default();
        let mut found = vec![false; self.needed.len()];
        while let Some(Text(name)) = members.next_key()? {
            for (found, _) in found.iter_mut().zip(self.needed).filter(|(_, needed)| **needed == name) {
                *found = true;
            }
            if name == "custom_id" {
                columns.custom_id = members.next_value::<Option<Text<'de>>>()?.map(|Text(id)| id);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        columns.missing = found.iter().position(|found| !found);
        Ok(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needed_columns_are_found_in_any_order() {
        let needed = ["a".to_owned(), "\n".to_owned()];
        let read = |line| read_columns(line, &needed).unwrap();
        assert_eq!(read(r#"{"\n":[1],"b":{},"a":null}"#).missing, None);
        assert_eq!(read(r#"{"a":1}"#).missing, Some(1));
        assert_eq!(read(r#"{"custom_id":"x","a":1}"#).custom_id.as_deref(), Some("x"));
        assert_eq!(read(r#"{"custom_id":null}"#).custom_id, None);
        assert!(read_columns("{} x", &needed).is_err());
        assert!(read_columns(r#"{"custom_id":5}"#, &needed).is_err());
    }
}
