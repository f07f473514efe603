//! Server-Sent Events (WHATWG HTML §9.2.6): decoding of bytes to frames, and encoding.
//!
//! Invariant: any split of the bytes gives the same frames, each byte is touched a constant number of times, and at most one unfinished
//! line and one unfinished frame are buffered, both limited in size.
//!
//! The standard ignores all lines with unknown fields. This decoder ignores only comments and well-formed fields (`foo: bar`). Other
//! lines become data: they are usually an error or a page that a proxy inserted, and ignoring them would hide a gap in an answer.

use alloc::borrow::Cow;
use core::fmt;
use core::ops::Range;

use crate::json::object_length;
use crate::prelude::*;
use crate::text;

/// A complete frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frame<'a> {
    /// The `event` field; empty if missing.
    pub event: &'a str,
    /// The `data` lines, joined by line feeds.
    pub data: Cow<'a, str>,
    /// Whether some of the data came from lines without a field name.
    pub is_bare: bool,
}

/// The error of a frame or line that exceeds the decoder's limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong {
    /// The limit, in bytes.
    pub limit: usize,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an event of the stream is longer than {} bytes", self.limit)
    }
}

impl core::error::Error for TooLong {}

/// An incremental decoder: call `push` with bytes, then `next_frame` until it returns `None`.
#[derive(Debug)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// The start of the first unread line.
    line: usize,
    /// The position up to which the buffer was searched for a line end.
    searched: usize,
    /// Whether the last line ended with CR, so that a following LF belongs to it.
    after_cr: bool,
    data: Vec<u8>,
    /// The range of the only `data` line in the buffer. It is copied into `data` only if another line or read follows before the frame is
    /// complete.
    data_range: Range<usize>,
    has_data: bool,
    /// Whether some of the data came from lines without a field name.
    is_bare: bool,
    /// Whether the frame is an HTML page, which may contain blank lines before its title.
    is_page: bool,
    /// Whether the frame was returned; its data is cleared before the next line.
    dispatched: bool,
    event: String,
    last_event_id: String,
    retry: Option<u64>,
    limit: usize,
}

impl Decoder {
    /// Creates a decoder that refuses frames of more than `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            buffer: Vec::new(),
            line: 0,
            searched: 0,
            after_cr: false,
            data: Vec::new(),
            data_range: 0..0,
            has_data: false,
            is_bare: false,
            is_page: false,
            dispatched: false,
            event: String::new(),
            last_event_id: String::new(),
            retry: None,
            limit,
        }
    }

    /// Adds bytes received from the network.
    pub fn push(&mut self, bytes: &[u8]) {
        if !self.dispatched {
            self.copy_data();
        }
        if self.line > 0 {
            // Drop the lines that were read, so that the buffer stays small.
            self.buffer.drain(..self.line);
            self.searched -= self.line;
            self.line = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Returns the next complete frame, or `None` if more bytes are needed.
    ///
    /// # Errors
    ///
    /// [`TooLong`] if a line or a frame exceeds the limit.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, TooLong> {
        self.clear_dispatched();
        while let Some(line) = self.next_line() {
            // The same limit as for an unfinished line, so that the result doesn't depend on reads.
            if line.len() > self.limit {
                return Err(TooLong { limit: self.limit });
            }
            if self.process_line(line) {
                return Ok(Some(self.dispatch()));
            }
            if self.data.len() + self.data_range.len() > self.limit {
                return Err(TooLong { limit: self.limit });
            }
        }
        if self.buffer.len().saturating_sub(self.line) > self.limit {
            return Err(TooLong { limit: self.limit });
        }
        Ok(None)
    }

    /// Returns the frame without a blank line at the end of the stream. The standard discards it, but providers do end streams with such
    /// a `[DONE]` or JSON value, so the caller decides.
    pub fn finish(&mut self) -> Option<Frame<'_>> {
        self.clear_dispatched();
        let rest = self.line..self.buffer.len();
        if !rest.is_empty() {
            self.process_line(rest);
            self.line = self.buffer.len();
            self.searched = self.line;
        }
        if self.has_data { Some(self.dispatch()) } else { None }
    }

    /// Returns the last `id` field; empty if there was none.
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// Returns the reconnection time set by the server, in milliseconds.
    pub fn retry(&self) -> Option<u64> {
        self.retry
    }

    fn clear_dispatched(&mut self) {
        if self.dispatched {
            self.data.clear();
            self.data_range = 0..0;
            self.event.clear();
            self.has_data = false;
            self.is_bare = false;
            self.is_page = false;
            self.dispatched = false;
        }
    }

    /// Copies the data line that is still in the buffer.
    fn copy_data(&mut self) {
        let range = core::mem::take(&mut self.data_range);
        self.data.extend_from_slice(self.buffer.get(range).unwrap_or_default());
    }

    fn dispatch(&mut self) -> Frame<'_> {
        self.dispatched = true;
        let data = if self.data_range.is_empty() {
            &self.data
        } else {
            self.buffer.get(self.data_range.clone()).unwrap_or_default()
        };
        // Strict decoding is many times faster than lossy decoding, and nearly always succeeds.
        let data = str::from_utf8(data).map_or_else(|_| String::from_utf8_lossy(data), Cow::Borrowed);
        Frame { event: &self.event, data, is_bare: self.is_bare }
    }

    /// Returns the range of the next complete line, without its line end.
    fn next_line(&mut self) -> Option<Range<usize>> {
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

    /// Processes a line. Returns whether it completes a frame with data.
    fn process_line(&mut self, bounds: Range<usize>) -> bool {
        let Some(line) = self.buffer.get(bounds.clone()) else { return false };
        if let Some(value) = line.strip_prefix(b"data:") {
            let value = value.strip_prefix(b" ").unwrap_or(value);
            self.add_data(bounds.end - value.len()..bounds.end);
            return false;
        }
        let start = bounds.start + padding_length(line);
        let Some(line) = self.buffer.get(start..bounds.end).filter(|line| !line.is_empty()) else {
            if !self.has_data {
                self.event.clear();
            }
            return self.has_data && !self.is_page;
        };
        let colon = line.iter().position(|byte| *byte == b':');
        let (name, rest) = line.split_at_checked(colon.unwrap_or(line.len())).unwrap_or((line, b""));
        let value = rest.strip_prefix(b":").unwrap_or(rest);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        let range = bounds.end - value.len()..bounds.end;
        let name = name.trim_ascii_end();
        // The standard is case-sensitive, but servers that send `Data` mean `data`.
        let is = |wanted: &[u8]| name.eq_ignore_ascii_case(wanted);
        if is(b"event") {
            self.event.clear();
            self.event.push_str(&String::from_utf8_lossy(value));
        } else if is(b"data") {
            self.add_data(range);
        } else if is(b"error") {
            // llama.cpp reports errors within a stream in an `error` field (ggml-org/llama.cpp#16109).
            self.event.clear();
            self.event.push_str("error");
            self.add_data(range);
        } else if is(b"id") {
            if !value.contains(&0) {
                self.last_event_id = String::from_utf8_lossy(value).into_owned();
            }
        } else if is(b"retry") {
            if !value.is_empty() && value.iter().all(u8::is_ascii_digit) {
                self.retry = String::from_utf8_lossy(value).parse().ok();
            }
        } else {
            // A line with an empty name is a comment.
            let is_field = name.is_empty()
                || (start == bounds.start
                    && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')));
            return !is_field && self.process_bare_line(start..bounds.end);
        }
        false
    }

    /// Processes a line without a field name as data. A complete JSON object, or an HTML page up to its title, ends the frame without a
    /// blank line: JSON lines have none, and a proxy may keep the connection open after a page.
    fn process_bare_line(&mut self, bounds: Range<usize>) -> bool {
        let Some(line) = self.buffer.get(bounds.clone()) else { return false };
        let is_first = !self.has_data;
        let is_object = is_first && object_length(line) == Some(line.trim_ascii_end().len());
        let is_page = self.is_page || (is_first && line.starts_with(b"<"));
        let ends_title = |tag: &[u8]| tag.eq_ignore_ascii_case(b"</title") || tag.eq_ignore_ascii_case(b"</html>");
        let has_title = is_page && line.windows(7).any(ends_title);
        self.is_bare = true;
        self.is_page = is_page;
        self.add_data(bounds);
        is_object || has_title
    }

    /// Adds the data line at `range` in the buffer.
    fn add_data(&mut self, range: Range<usize>) {
        if !self.has_data {
            self.data_range = range;
            self.has_data = true;
            return;
        }
        self.copy_data();
        self.data.push(b'\n');
        self.data.extend_from_slice(self.buffer.get(range).unwrap_or_default());
    }
}

/// Returns the number of leading bytes of whitespace, control characters and byte order marks. Servers use them as padding, and joined
/// replies contain byte order marks.
fn padding_length(line: &[u8]) -> usize {
    const BOM: &[u8] = b"\xef\xbb\xbf";
    let mut rest = line;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = match rest.strip_prefix(BOM) {
            Some(tail) => tail,
            None if byte <= b' ' => tail,
            None => break,
        };
    }
    line.len() - rest.len()
}

/// Appends a frame to `out`. Each line of `data` becomes a `data` field.
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
    fn crlf_split_across_reads_is_one_line_end() {
        assert_eq!(data(&["data: a\r", "\ndata: b\r", "\n\r", "\n"]), ["a\nb"]);
    }

    #[test]
    fn fields_follow_the_standard() {
        assert_eq!(data(&["\u{feff}data:a\n\n"]), ["a"]);
        assert_eq!(data(&["\u{feff}", "\u{feff}data: a\n\n", "\u{feff}data: b\n\n"]), ["a", "b"]);
        assert_eq!(data(&["data:  a\n\n", "data\n\n", ": c\n\n", "data: b\ndata: c\n\n"]), [" a", "", "b\nc"]);
        assert_eq!(data(&["foo: a\n\n", "foo\n\n", "x-1_y: a\n\n", ": a\n\n", " : a\n\n"]), Vec::<String>::new());
        assert_eq!(
            decode(&[b"event: x\n\ndata: a\n\nevent: y\ndata: b\n\n"]),
            [(String::new(), "a".into()), ("y".into(), "b".into())]
        );
    }

    #[test]
    fn lines_without_a_field_name_are_data() {
        let inputs = ["Data: a\n\n", " data: b\n\n", "\0\0data: c\n\n", "data : d\n\n", "\t\u{feff} data:e\n \n"];
        assert_eq!(data(&inputs), ["a", "b", "c", "d", "e"]);
        assert_eq!(data(&["{\"a\":1}\n{\"b\":2} \n"]), ["{\"a\":1}", "{\"b\":2} "]);
        assert_eq!(data(&["{\n  \"a\": 1\n}\n\n"]), ["{\n\"a\": 1\n}"]);
        assert_eq!(data(&["no field\n\n", "  indented: text\n\n"]), ["no field", "indented: text"]);
        assert_eq!(data(&["data: {\"a\":\n1}\n\n"]), ["{\"a\":\n1}"]);
        let page = "<html>\n\n<head>\n<TITLE>504</TITLE>\n<body>\n\n";
        assert_eq!(data(&[page])[0], "<html>\n<head>\n<TITLE>504</TITLE>");
        let mut decoder = Decoder::new(100);
        decoder.push(b"{\"a\":1}\ndata: b\n\n");
        assert_eq!(decoder.next_frame().map(|frame| frame.map(|frame| frame.is_bare)), Ok(Some(true)));
        assert_eq!(decoder.next_frame().map(|frame| frame.map(|frame| frame.is_bare)), Ok(Some(false)));
    }

    #[test]
    fn ids_and_retry_times_are_kept() {
        let mut decoder = Decoder::new(100);
        decoder.push(b"id: 1\nretry: 250\n\nid: a\0b\nretry: 1s\n\n");
        assert_eq!(decoder.next_frame(), Ok(None));
        assert_eq!((decoder.last_event_id(), decoder.retry()), ("1", Some(250)));
    }

    #[test]
    fn finish_returns_the_pending_frame() {
        assert_eq!(data(&["data: a\n\ndata: [DONE]"]), ["a", "unfinished [DONE]"]);
        assert_eq!(data(&["data: a\n\ndata: [DONE]\n"]), ["a", "unfinished [DONE]"]);
        assert_eq!(data(&["data: a\n\n: bye"]), ["a"]);
    }

    #[test]
    fn frame_over_the_limit_is_refused() {
        for text in ["data: 0123456789", "data: 01234\ndata: 56789\n", "data: 0123456789\n\n"] {
            let mut decoder = Decoder::new(9);
            decoder.push(text.as_bytes());
            assert_eq!(decoder.next_frame().map(|frame| frame.is_some()), Err(TooLong { limit: 9 }), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_frames(
            lines in prop::collection::vec("(data|event|id|:|x|<title|\u{feff}|\\{|\0| )?:? ?[a-zé🦀}]{0,4}(</title)?(\n|\r|\r\n)", 0..40),
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
        fn encoded_frames_round_trip(event in "[a-z_]{0,8}", text in "[^\r]{0,60}") {
            let mut out = String::new();
            encode(&event, &text, &mut out);
            prop_assert_eq!(decode(&[out.as_bytes()]), vec![(event, text)]);
        }
    }
}
