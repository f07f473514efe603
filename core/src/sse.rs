//! Server-Sent Events (WHATWG HTML §9.2.6): bytes to frames, and frames to bytes.
//!
//! Law: knows lines and fields, nothing of JSON or of models. Accepts any split of the bytes and touches each byte a constant
//! number of times; holds no more than one unfinished line and one unfinished frame, both under a cap.

use alloc::borrow::Cow;
use core::fmt;
use core::ops::Range;

use crate::prelude::*;
use crate::text;

/// One dispatched frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The `event` field; empty where the frame had none.
    pub event: &'a str,
    /// The `data` lines, joined by line feeds.
    pub data: Cow<'a, str>,
}

/// A frame, or an unfinished line, was longer than the decoder's cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong {
    /// The cap, in bytes.
    pub limit: usize,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an event of the stream is longer than {} bytes", self.limit)
    }
}

impl core::error::Error for TooLong {}

/// Cuts bytes into frames: `push` some bytes, then call `next_frame` until it wants more.
#[derive(Debug)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// Start of the first line that was not taken yet.
    line: usize,
    /// Everything before this was searched for a line's end.
    searched: usize,
    /// The last line ended with CR: an LF that follows belongs to it.
    after_cr: bool,
    at_start: bool,
    data: Vec<u8>,
    /// Where the only `data` line stands in the buffer. It is copied into `data` only if another one or a read comes before its frame is
    /// handed out.
    only: Range<usize>,
    has_data: bool,
    /// `data` was handed out and is cleared when the next line comes.
    dispatched: bool,
    event: String,
    last_event_id: String,
    retry: Option<u64>,
    limit: usize,
}

impl Decoder {
    /// A decoder that refuses frames over `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            buffer: Vec::new(),
            line: 0,
            searched: 0,
            after_cr: false,
            at_start: true,
            data: Vec::new(),
            only: 0..0,
            has_data: false,
            dispatched: false,
            event: String::new(),
            last_event_id: String::new(),
            retry: None,
            limit,
        }
    }

    /// Takes bytes as they came from the network.
    pub fn push(&mut self, bytes: &[u8]) {
        if !self.dispatched {
            self.keep();
        }
        if self.line > 0 {
            // What was taken goes, so that the buffer stays as long as the longest line.
            self.buffer.drain(..self.line);
            self.searched -= self.line;
            self.line = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next complete frame, or `None` until more bytes are pushed.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, TooLong> {
        self.clear_dispatched();
        while let Some(line) = self.next_line() {
            // As for an unfinished line: what is refused must not depend on where a read ends.
            if line.len() > self.limit {
                return Err(TooLong { limit: self.limit });
            }
            if self.take_line(line) {
                return Ok(Some(self.dispatch()));
            }
            if self.data.len() + self.only.len() > self.limit {
                return Err(TooLong { limit: self.limit });
            }
        }
        if self.buffer.len().saturating_sub(self.line) > self.limit {
            return Err(TooLong { limit: self.limit });
        }
        Ok(None)
    }

    /// The frame that the end of the stream left undispatched. The standard discards it; real providers end with a `[DONE]` or a
    /// complete JSON value that no blank line follows, so the caller may look at it and decide.
    pub fn finish(&mut self) -> Option<Frame<'_>> {
        self.clear_dispatched();
        let rest = self.line..self.buffer.len();
        if !rest.is_empty() {
            self.take_line(rest);
            self.line = self.buffer.len();
            self.searched = self.line;
        }
        if self.has_data { Some(self.dispatch()) } else { None }
    }

    /// The last `id` that a frame carried; empty where none did.
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// The reconnection time that the server asked for, in milliseconds.
    pub fn retry(&self) -> Option<u64> {
        self.retry
    }

    fn clear_dispatched(&mut self) {
        if self.dispatched {
            self.data.clear();
            self.only = 0..0;
            self.event.clear();
            self.has_data = false;
            self.dispatched = false;
        }
    }

    /// Copies what still stands in the buffer alone.
    fn keep(&mut self) {
        let only = core::mem::take(&mut self.only);
        self.data.extend_from_slice(self.buffer.get(only).unwrap_or_default());
    }

    fn dispatch(&mut self) -> Frame<'_> {
        self.dispatched = true;
        let data =
            if self.only.is_empty() { &self.data } else { self.buffer.get(self.only.clone()).unwrap_or_default() };
        // The strict look is many times faster than the lossy one, and almost always enough.
        let data = str::from_utf8(data).map_or_else(|_| String::from_utf8_lossy(data), Cow::Borrowed);
        Frame { event: &self.event, data }
    }

    /// The bounds of the next complete line, without its end.
    fn next_line(&mut self) -> Option<Range<usize>> {
        if self.at_start {
            const MARK: &[u8] = b"\xef\xbb\xbf";
            let head = self.buffer.get(..MARK.len().min(self.buffer.len()))?;
            if head.len() < MARK.len() && MARK.starts_with(head) {
                return None;
            }
            if head == MARK {
                self.line = MARK.len();
                self.searched = self.line;
            }
            self.at_start = false;
        }
        if self.after_cr && self.line < self.buffer.len() {
            if self.buffer.get(self.line) == Some(&b'\n') {
                self.line += 1;
                self.searched = self.searched.max(self.line);
            }
            self.after_cr = false;
        }
        let start = self.line;
        if let Some(offset) = text::line_end(self.buffer.get(self.searched..)?) {
            let end = self.searched + offset;
            self.after_cr = self.buffer.get(end) == Some(&b'\r');
            self.line = end + 1;
            self.searched = self.line;
            Some(start..end)
        } else {
            self.searched = self.buffer.len();
            None
        }
    }

    /// Applies one line; true where it ends a frame that has data.
    fn take_line(&mut self, bounds: Range<usize>) -> bool {
        let Some(line) = self.buffer.get(bounds.clone()) else { return false };
        if line.is_empty() {
            if !self.has_data {
                self.event.clear();
            }
            return self.has_data;
        }
        let (name, value) =
            match line.iter().position(|byte| *byte == b':').and_then(|colon| line.split_at_checked(colon)) {
                Some((name, rest)) => {
                    let value = rest.strip_prefix(b":").unwrap_or(rest);
                    (name, value.strip_prefix(b" ").unwrap_or(value))
                }
                None => (line, &b""[..]),
            };
        match name {
            b"data" if !self.has_data => {
                self.only = bounds.end - value.len()..bounds.end;
                self.has_data = true;
            }
            b"data" => {
                let value = bounds.end - value.len()..bounds.end;
                self.keep();
                self.data.push(b'\n');
                self.data.extend_from_slice(self.buffer.get(value).unwrap_or_default());
            }
            b"event" => {
                self.event.clear();
                self.event.push_str(&String::from_utf8_lossy(value));
            }
            b"id" if !value.contains(&0) => self.last_event_id = String::from_utf8_lossy(value).into_owned(),
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                self.retry = String::from_utf8_lossy(value).parse().ok();
            }
            // llama.cpp sends a mid-stream error as a field of its own (ggml-org/llama.cpp#16109).
            b"error" => {
                self.event.clear();
                self.event.push_str("error");
                let value = bounds.end - value.len()..bounds.end;
                self.keep();
                self.data.extend_from_slice(self.buffer.get(value).unwrap_or_default());
                self.has_data = true;
            }
            // An empty name is a comment; every other field is ignored.
            _ => {}
        }
        false
    }
}

/// Appends one frame to `out`, as a server would send it. Line breaks inside `data` become lines of their own.
pub fn encode(event: &str, data: &str, out: &mut String) {
    if !event.is_empty() {
        out.push_str("event: ");
        out.push_str(event);
        out.push('\n');
    }
    for line in data.split('\n') {
        out.push_str("data: ");
        out.push_str(line);
        out.push('\n');
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Owned = (String, String);

    fn decode(parts: &[&[u8]]) -> Vec<Owned> {
        let mut decoder = Decoder::new(1 << 20);
        let mut frames = Vec::new();
        for part in parts {
            decoder.push(part);
            while let Some(frame) = decoder.next_frame().unwrap() {
                frames.push((frame.event.to_owned(), frame.data.into_owned()));
            }
        }
        if let Some(frame) = decoder.finish() {
            frames.push((frame.event.to_owned(), format!("unfinished {}", frame.data)));
        }
        frames
    }

    fn data(parts: &[&str]) -> Vec<String> {
        let parts: Vec<_> = parts.iter().map(|part| part.as_bytes()).collect();
        decode(&parts).into_iter().map(|(_, data)| data).collect()
    }

    #[test]
    fn every_line_ending_and_mixture_ends_a_line() {
        for text in [
            "data: a\n\ndata: b\n\n",
            "data: a\r\n\r\ndata: b\r\n\r\n",
            "data: a\r\rdata: b\r\r",
            "data: a\r\n\ndata: b\n\r\n",
        ] {
            assert_eq!(data(&[text]), ["a", "b"], "{text:?}");
        }
    }

    #[test]
    fn a_line_feed_after_a_carriage_return_belongs_to_it_across_reads() {
        assert_eq!(data(&["data: a\r", "\ndata: b\r", "\n\r", "\n"]), ["a\nb"]);
    }

    #[test]
    fn fields_are_read_as_the_standard_says() {
        assert_eq!(data(&["\u{feff}data:a\n\n"]), ["a"]);
        assert_eq!(data(&["\u{feff}", "\u{feff}data: a\n\n"]), Vec::<String>::new());
        assert_eq!(data(&["data:  a\n\n", "data\n\n", ": c\n\n", "data: b\ndata: c\n\n"]), [" a", "", "b\nc"]);
        assert_eq!(data(&["Data: a\n\n", " data: a\n\n"]), Vec::<String>::new());
        assert_eq!(
            decode(&[b"event: x\n\ndata: a\n\nevent: y\ndata: b\n\n"]),
            [(String::new(), "a".into()), ("y".into(), "b".into())]
        );
    }

    #[test]
    fn ids_and_retry_times_are_kept() {
        let mut decoder = Decoder::new(100);
        decoder.push(b"id: 1\nretry: 250\n\nid: a\0b\nretry: 1s\n\n");
        assert_eq!(decoder.next_frame(), Ok(None));
        assert_eq!((decoder.last_event_id(), decoder.retry()), ("1", Some(250)));
    }

    #[test]
    fn the_end_hands_out_what_was_pending() {
        assert_eq!(data(&["data: a\n\ndata: [DONE]"]), ["a", "unfinished [DONE]"]);
        assert_eq!(data(&["data: a\n\ndata: [DONE]\n"]), ["a", "unfinished [DONE]"]);
        assert_eq!(data(&["data: a\n\n: bye"]), ["a"]);
    }

    #[test]
    fn a_frame_over_the_cap_is_refused() {
        for text in ["data: 0123456789", "data: 01234\ndata: 56789\n", "data: 0123456789\n\n"] {
            let mut decoder = Decoder::new(9);
            decoder.push(text.as_bytes());
            assert_eq!(decoder.next_frame().map(|frame| frame.is_some()), Err(TooLong { limit: 9 }), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_frames(
            lines in prop::collection::vec("(data|event|id|:|x)?:? ?[a-zé🦀]{0,4}(\n|\r|\r\n)", 0..40),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
        ) {
            let bytes = lines.concat().into_bytes();
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let parts: Vec<_> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
            let single: Vec<_> = bytes.chunks(1).collect();
            let whole = decode(&[&bytes]);
            prop_assert_eq!(&whole, &decode(&parts));
            prop_assert_eq!(&whole, &decode(&single));
        }

        #[test]
        fn what_is_encoded_is_decoded(event in "[a-z_]{0,8}", text in "[^\r]{0,60}") {
            let mut out = String::new();
            encode(&event, &text, &mut out);
            prop_assert_eq!(decode(&[out.as_bytes()]), vec![(event, text)]);
        }
    }
}
