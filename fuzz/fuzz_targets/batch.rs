//! Fuzzes files of batches: no bytes make a reader panic, a torn line of a log is never accepted, and a row is read as it was checked.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trilogue_core::batch::{CsvHeader, EqualRows, RowReader, Template, leaves_quote_open, parse_log_line};

fuzz_target!(|input: (&[u8], &str, &str)| {
    let (line, row, text) = input;
    if parse_log_line(line).is_ok() {
        for end in 0..line.len() {
            assert!(parse_log_line(&line[..end]).is_err());
        }
    }
    let template = Template::new(&text.into(), Some("m")).ok();
    for template in [None, template] {
        let reader = RowReader::new(template, serde_json::Map::new(), EqualRows::Once);
        if let Ok(head) = reader.check(row, 1) {
            let key = head.key;
            // Only what a check leaves out can still be wrong: the values of members.
            if let Ok(read) = reader.read(head, row) {
                assert_eq!(read.key, key);
            }
        }
    }
    if let (Ok(header), true) = (CsvHeader::parse(text), !leaves_quote_open(row.as_bytes(), false)) {
        let mut json = Vec::new();
        if header.write_row(row, &mut json).is_ok() {
            assert!(serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&json).is_ok());
        }
    }
});
