//! The parts of a wasm module's code.
//!
//! Reads the module as the linker wrote it, with its names. The sizes are only comparable with each other, since the optimiser reduces
//! all of them.

use std::collections::BTreeMap;

use anyhow::{Context, Result};

const CUSTOM: u8 = 0;
const IMPORTS: u8 = 2;
const CODE: u8 = 10;

/// Returns the bytes of code by module of the core or by crate, the largest first.
pub(super) fn parts(module: &[u8]) -> Result<Vec<(String, usize)>> {
    let mut reader = Reader { bytes: module, at: 8 };
    let (mut imported, mut sizes, mut names) = (0, Vec::new(), BTreeMap::new());
    while reader.at < module.len() {
        let (kind, length) = (reader.byte()?, reader.number()?);
        let end = reader.at + length;
        match kind {
            IMPORTS => imported = reader.functions_imported()?,
            CODE => {
                for _ in 0..reader.number()? {
                    let size = reader.number()?;
                    sizes.push(size);
                    reader.at += size;
                }
            }
            CUSTOM if reader.text()? == "name" => names = reader.names(end)?,
            _ => {}
        }
        reader.at = end;
    }
    let mut parts: BTreeMap<String, usize> = BTreeMap::new();
    for (index, size) in sizes.into_iter().enumerate() {
        let name = names.get(&(imported + index)).map_or("", String::as_str);
        *parts.entry(part(name)).or_default() += size;
    }
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    Ok(parts)
}

/// Returns the part that a function belongs to, from its mangled name.
fn part(name: &str) -> String {
    let words: Vec<_> = name
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .flat_map(segments)
        .filter(|word| !word.is_empty())
        .collect();
    if let Some(at) = words.iter().position(|word| word == "trilogue_core") {
        let is_folder = |word: &&String| matches!(word.as_str(), "wire" | "openai" | "anthropic");
        let inner: Vec<_> = words.iter().skip(at + 1).collect();
        let depth = inner.iter().take_while(|word| is_folder(word)).count() + 1;
        let path: Vec<_> = inner.iter().take(depth).map(|word| word.as_str()).collect();
        return format!("core {}", path.join("/"));
    }
    if words.iter().any(|word| word == "trilogue_wasm" || word.starts_with("native")) {
        return "bindings-wasm".to_owned();
    }
    "libraries".to_owned()
}

/// Returns the words of a mangled name such as `_ZN4core3fmt5write17h…E`, in which each follows its length.
fn segments(text: &str) -> Vec<String> {
    let mut rest = text.trim_start_matches("_ZN").trim_start_matches("_R");
    let mut words = Vec::new();
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        rest = rest.get(start..).unwrap_or_default();
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let length: usize = rest.get(..digits).and_then(|digits| digits.parse().ok()).unwrap_or(0);
        let Some(word) = rest.get(digits..digits + length) else { break };
        words.push(word.trim_start_matches("_$LT$").trim_start_matches('_').to_owned());
        rest = rest.get(digits + length..).unwrap_or_default();
    }
    if words.is_empty() { vec![text.to_owned()] } else { words }
}

struct Reader<'m> {
    bytes: &'m [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8> {
        let byte = self.bytes.get(self.at).context("the module ends early")?;
        self.at += 1;
        Ok(*byte)
    }

    /// LEB128.
    fn number(&mut self) -> Result<usize> {
        let mut number = 0;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        Ok(number)
    }

    fn text(&mut self) -> Result<String> {
        let length = self.number()?;
        let bytes = self.bytes.get(self.at..self.at + length).context("the module ends early")?;
        self.at += length;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    /// Returns the number of imported functions, whose indices precede those of the module's own.
    fn functions_imported(&mut self) -> Result<usize> {
        let mut count = 0;
        for _ in 0..self.number()? {
            self.text()?;
            self.text()?;
            match self.byte()? {
                0 => {
                    count += 1;
                    self.number()?;
                }
                kind => {
                    // A table has its type before its limits; a global has its type and its mutability.
                    self.at += usize::from(kind == 1);
                    let has_maximum = self.byte()? & 1 == 1;
                    self.number()?;
                    if kind != 3 && has_maximum {
                        self.number()?;
                    }
                }
            }
        }
        Ok(count)
    }

    /// Returns the names of functions by index.
    fn names(&mut self, end: usize) -> Result<BTreeMap<usize, String>> {
        let mut names = BTreeMap::new();
        while self.at < end {
            let (kind, length) = (self.byte()?, self.number()?);
            let after = self.at + length;
            if kind == 1 {
                for _ in 0..self.number()? {
                    let number = self.number()?;
                    names.insert(number, self.text()?);
                }
            }
            self.at = after;
        }
        Ok(names)
    }
}
