//! The log in the order of the input, or without lines that later ones replace.
//!
//! Invariant: a new file is written, synced and renamed. At each moment one of the two is whole under the log's name.

use std::fs::File;
use std::io::{BufRead as _, BufWriter, Write as _};
use std::path::Path;

use trilogue_core::Error;
use trilogue_core::batch::{Index, RowReader, parse_log_line};

use super::input::Lines;
use super::log::{Log, sync_folder};
use super::{beside, file_error};

/// Writes the log again. With `order`, its rows have the order of the input; lines of rows that the input lacks come last.
pub(super) fn rewrite(mut log: Log, input: &Path, reader: &RowReader, index: &Index, order: bool) -> Result<(), Error> {
    let path = log.path().to_owned();
    let failed = |why: &std::io::Error| file_error(&path, "written in its new order", why);
    let new = beside(&path);
    // The offset and the length of the last line of each row.
    let mut lines: Vec<(u64, u32)> = vec![(0, 0); index.len()];
    let mut others = Vec::new();
    let mut offset = 0;
    each_line(&mut log, |line| {
        match parse_log_line(line).ok().and_then(|logged| index.find(logged.key.id)) {
            Some((position, _)) => {
                if let Some(slot) = lines.get_mut(position) {
                    *slot = (offset, u32::try_from(line.len() + 1).unwrap_or(u32::MAX));
                }
            }
            None => others.push((offset, u32::try_from(line.len() + 1).unwrap_or(u32::MAX))),
        }
        offset += line.len() as u64 + 1;
    })
    .map_err(|why| failed(&why))?;
    let kept: Box<dyn Iterator<Item = Result<(u64, u32), Error>>> = if order {
        let mut input = Lines::open(input)?;
        let ordered = std::iter::from_fn(move || {
            loop {
                let key = match input.next() {
                    Ok(Some((line, number))) => reader.key(line, number),
                    Ok(None) => return None,
                    Err(error) => return Some(Err(error)),
                };
                let Some((position, _)) = key.ok().and_then(|key| index.find(key.id)) else { continue };
                // A repetition finds the line taken.
                match lines.get_mut(position).map(std::mem::take) {
                    Some((_, 0)) | None => {}
                    Some(line) => return Some(Ok(line)),
                }
            }
        });
        Box::new(ordered.chain(others.into_iter().map(Ok)))
    } else {
        let mut all: Vec<_> = lines.into_iter().filter(|(_, length)| *length > 0).chain(others).collect();
        all.sort_unstable();
        Box::new(all.into_iter().map(Ok))
    };
    let file = File::create(&new).map_err(|why| failed(&why))?;
    let outcome = write(&mut log, file, kept, &failed);
    if outcome.is_err() {
        // The log is unchanged.
        let _removed = std::fs::remove_file(&new);
    }
    outcome?;
    std::fs::rename(&new, &path).map_err(|why| failed(&why))?;
    sync_folder(&path);
    Ok(())
}

fn write(
    log: &mut Log,
    file: File,
    kept: impl Iterator<Item = Result<(u64, u32), Error>>,
    failed: &impl Fn(&std::io::Error) -> Error,
) -> Result<(), Error> {
    let mut writer = BufWriter::with_capacity(1 << 20, file);
    let mut line = Vec::new();
    for place in kept {
        let (offset, length) = place?;
        log.line_at(offset, length as usize, &mut line).map_err(|why| failed(&why))?;
        writer.write_all(&line).map_err(|why| failed(&why))?;
    }
    let file = writer.into_inner().map_err(|why| failed(why.error()))?;
    file.sync_all().map_err(|why| failed(&why))
}

fn each_line(log: &mut Log, mut take: impl FnMut(&[u8])) -> std::io::Result<()> {
    let mut reader = log.reader()?;
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        take(line.strip_suffix(b"\n").unwrap_or(&line));
    }
}
