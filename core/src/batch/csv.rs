//! Rows of comma-separated values, as RFC 4180 describes them.
//!
//! Invariant: a row becomes a JSON object of texts, with the header's names in their order, and is then a row like any other.

use alloc::borrow::Cow;

use crate::prelude::*;
use crate::text::shortened;

/// The names of the columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvHeader(Vec<String>);

impl CsvHeader {
    /// Parses the first record.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with it.
    pub fn parse(record: &str) -> Result<Self, String> {
        let names: Vec<String> = fields(record)?.into_iter().map(Cow::into_owned).collect();
        for (at, name) in names.iter().enumerate() {
            if name.is_empty() {
                return Err(format!("column {} of the header has no name", at + 1));
            }
            if names.iter().take(at).any(|other| other == name) {
                return Err(format!("the header has two columns \"{}\"", shortened(name)));
            }
        }
        Ok(Self(names))
    }

    /// Writes a record as a JSON object.
    ///
    /// # Errors
    ///
    /// A sentence that says what is wrong with the record.
    pub fn write_row(&self, record: &str, row: &mut Vec<u8>) -> Result<(), String> {
        let fields = fields(record)?;
        if fields.len() != self.0.len() {
            let (count, wanted) = (fields.len(), self.0.len());
            return Err(format!("the row has {count} columns, but the header has {wanted}"));
        }
        row.push(b'{');
        for (name, field) in self.0.iter().zip(&fields) {
            if row.len() > 1 {
                row.push(b',');
            }
            for (text, end) in [(name.as_str(), b":".as_slice()), (field, b"")] {
                serde_json::to_writer(&mut *row, text).map_err(|reason| reason.to_string())?;
                row.extend_from_slice(end);
            }
        }
        row.push(b'}');
        Ok(())
    }
}

/// Whether a line leaves a quote open if the text before it does (`is_open`): a line break within quotes belongs to its field, and the record goes
/// on with the next line.
pub fn leaves_quote_open(line: &[u8], is_open: bool) -> bool {
    is_open ^ !memchr::memchr_iter(b'"', line).count().is_multiple_of(2)
}

/// Splits a record, without its line break, into fields.
fn fields(record: &str) -> Result<Vec<Cow<'_, str>>, String> {
    let mut fields = Vec::new();
    let mut rest = record;
    loop {
        let (field, after) = if let Some(quoted) = rest.strip_prefix('"') {
            split_quoted(quoted)?
        } else {
            let (field, after) = rest.find(',').map_or((rest, ""), |at| rest.split_at(at));
            if field.contains('"') {
                let field = shortened(field);
                return Err(format!("the field {field} contains a quote; write it in quotes, with each quote twice"));
            }
            (Cow::Borrowed(field), after)
        };
        fields.push(field);
        if after.is_empty() {
            return Ok(fields);
        }
        rest =
            after.strip_prefix(',').ok_or_else(|| format!("a comma must follow a quote, not {}", shortened(after)))?;
    }
}

/// Splits the rest of a record after an opening quote into the field and the text after it.
fn split_quoted(text: &str) -> Result<(Cow<'_, str>, &str), String> {
    let mut field = Cow::Borrowed("");
    let mut rest = text;
    loop {
        let (part, after) = rest.split_once('"').ok_or("a quote is not closed")?;
        field = if field.is_empty() { Cow::Borrowed(part) } else { Cow::Owned(field.into_owned() + part) };
        match after.strip_prefix('"') {
            Some(more) => {
                field.to_mut().push('"');
                rest = more;
            }
            None => return Ok((field, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;
    use proptest::prelude::*;

    fn row(header: &str, record: &str) -> Result<String, String> {
        let mut row = Vec::new();
        CsvHeader::parse(header)?.write_row(record, &mut row)?;
        Ok(String::from_utf8(row).unwrap())
    }

    #[test]
    fn records_become_objects() {
        assert_eq!(row("a,b", "1,x y").as_deref(), Ok(r#"{"a":"1","b":"x y"}"#));
        assert_eq!(row("a,\"b, c\"", ",\"say \"\"hi\"\",\n\"").as_deref(), Ok(r#"{"a":"","b, c":"say \"hi\",\n"}"#));
        assert_eq!(row("a", "\"\"").as_deref(), Ok(r#"{"a":""}"#));
        assert_eq!(row("a", "\"\"\"\"").as_deref(), Ok(r#"{"a":"\""}"#));
        assert_eq!(row("a,b", "x").unwrap_err(), "the row has 1 columns, but the header has 2");
        assert_eq!(row("a,b", "\"x\"y,z").unwrap_err(), "a comma must follow a quote, not y,z");
        // A quote of an unquoted field would join its line to the next one that has a quote.
        for record in ["5\" pipe", "5\" pipe\n6\" pipe", "x,5\""] {
            assert!(row("a", record).unwrap_err().contains("contains a quote"), "{record}");
        }
        assert_eq!(row("a", "\"x").unwrap_err(), "a quote is not closed");
        assert_eq!(row("a,a", "1,2").unwrap_err(), "the header has two columns \"a\"");
        assert_eq!(row("a,", "1,2").unwrap_err(), "column 2 of the header has no name");
        assert!(
            !leaves_quote_open(b"a,\"b\"", false)
                && leaves_quote_open(b"a,\"b", false)
                && !leaves_quote_open(b"c\"", true)
        );
    }

    proptest! {
        #[test]
        fn quoted_fields_keep_any_text(texts in prop::collection::vec("[a\",\n é]{0,6}", 1..4)) {
            let header: Vec<String> = (0..texts.len()).map(|at| format!("c{at}")).collect();
            let quoted: Vec<String> = texts.iter().map(|text| format!("\"{}\"", text.replace('"', "\"\""))).collect();
            let record = quoted.join(",");
            prop_assert!(!leaves_quote_open(record.as_bytes(), false));
            let value: Value = serde_json::from_str(&row(&header.join(","), &record).unwrap()).unwrap();
            for (name, text) in header.iter().zip(&texts) {
                prop_assert_eq!(value[name].as_str(), Some(text.as_str()));
            }
        }
    }
}
