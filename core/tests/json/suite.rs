//! JSONTestSuite (github.com/nst/JSONTestSuite), from a crate that contains it.
//!
//! Invariant: every file is checked, and a missing suite is a failure.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use trilogue_core::json::{Fault, JsonError, Limits};

use crate::{Read, characters, read_within};

/// Returns the folder with the files. Cargo fetches the crate and reports its location.
fn folder() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/json/suite/Cargo.toml");
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo.args(["metadata", "--locked", "--format-version=1", "--manifest-path"]).arg(manifest).output();
    let output = output.expect("cargo runs");
    assert!(output.status.success(), "no JSONTestSuite: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "json-syntax").expect("the crate is there");
    Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap().join("tests/inputs")
}

/// Parses a file, after checking that parsing by character gives the same result.
fn read_file(bytes: &[u8]) -> Option<Read> {
    // Bytes that are not UTF-8 never reach the parser.
    let text = std::str::from_utf8(bytes).ok()?;
    let limits = Limits { depth: 500, ..Limits::default() };
    let whole = read_within(limits, &[text]);
    // Splitting longer texts into characters would take too long.
    if text.len() < 10_000 {
        assert_eq!(whole, read_within(limits, &characters(text)), "{text}");
    }
    Some(whole)
}

#[test]
fn accepts_and_refuses_the_files_of_the_suite() {
    let (mut accepted, mut huge, mut refused, mut either) = (0, 0, 0, (0, 0));
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let read = read_file(&bytes);
        let value = read.as_ref().filter(|read| read.end.is_ok()).map(|read| read.value.to_string());
        let expected = serde_json::from_slice::<Value>(&bytes).ok().map(|value| value.to_string());
        // A number beyond the range of a double is valid JSON, but `serde_json` and this parser refuse it.
        let is_range = matches!(read, Some(Read { end: Err(JsonError { fault: Fault::Range, .. }), .. }));
        match name.split_once('_').map(|(kind, _)| kind) {
            Some("y") if is_range => {
                assert!(
                    ["huge_exp", "overflow"].iter().any(|part| name.contains(part)) && expected.is_none(),
                    "{name}"
                );
                huge += 1;
            }
            Some("y") => {
                assert!(value.is_some(), "{name}");
                // Deeper than the limit of `serde_json`.
                assert!(value == expected || name == "y_structure_500_nested_arrays.json", "{name}");
                accepted += 1;
            }
            Some("n") => {
                assert_eq!(value, None, "{name}");
                refused += 1;
            }
            Some("i") if expected.is_none() && value.is_some() => {
                assert!(value.unwrap().contains('\u{fffd}'), "{name}: only for half characters");
                either.0 += 1;
            }
            Some("i") => {
                assert_eq!(value, expected, "{name}");
                if value.is_some() { either.0 += 1 } else { either.1 += 1 }
            }
            _ => panic!("{name} is not of the suite"),
        }
    }
    println!("JSONTestSuite: {accepted} accepted, {huge} too large, {refused} refused; of the free ones {either:?}");
    assert_eq!((accepted, huge, refused, either), (102, 5, 188, (9, 10)));
}
