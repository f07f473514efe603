//! Decoding of bodies that a server compressed although the request said `accept-encoding: identity`.
//!
//! Invariant: each step returns everything that is complete in the input so far, at most [`STEP`] bytes at a time. So a stream does not stall, and a
//! decompression bomb needs no more memory than the limits on decoded bodies allow. A body that ends inside a frame is incomplete; a body with
//! anything but whitespace after its last frame is invalid.

use bytes::Bytes;
use compression_codecs::core::util::{PartialBuffer, WriteBuffer};
use compression_codecs::zstd::params::DParameter;
use compression_codecs::{BrotliDecoder, DecodeV2, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use hyper::header::{CONTENT_ENCODING, HeaderMap};
use trilogue_core::transport::Failure;

/// The most bytes that a step decodes.
const STEP: usize = 16 << 10;
/// The largest window of zstd, 8 MB, as a power of two: HTTP allows no larger one (RFC 9659).
const ZSTD_WINDOW: u32 = 23;
/// The most codings of one body. Servers never need more.
const MAX_CODINGS: usize = 3;
/// Values of `content-encoding` that mean no coding. Names of character sets are a common mistake.
const IDENTITY: [&str; 5] = ["", "identity", "none", "utf-8", "utf8"];

/// The decoder of one body.
pub(crate) struct Decoder {
    /// In the order in which they decode: the coding that was applied last is the first.
    layers: Vec<Layer>,
    output: Box<[u8]>,
    /// The most bytes that each layer may decode.
    limit: usize,
}

impl Decoder {
    /// The decoder for the headers of a response; `None` for a plain body. No coding may decode more than `limit` bytes.
    pub(crate) fn of(headers: &HeaderMap, limit: usize) -> Result<Option<Box<Self>>, Failure> {
        if !headers.contains_key(CONTENT_ENCODING) {
            return Ok(None);
        }
        let mut layers = Vec::new();
        for value in headers.get_all(CONTENT_ENCODING) {
            for name in String::from_utf8_lossy(value.as_bytes()).split(',') {
                let name = name.trim().to_ascii_lowercase();
                if !IDENTITY.contains(&name.as_str()) {
                    layers.push(Layer::named(&name)?);
                }
            }
        }
        layers.reverse();
        match layers.len() {
            0 => Ok(None),
            1..=MAX_CODINGS => Ok(Some(Box::new(Self { layers, output: vec![0; STEP].into(), limit }))),
            count => Err(Failure::Undecodable(format!("the response's body has {count} content codings"))),
        }
    }

    /// Adds bytes of the body. The bytes before them must have been decoded.
    pub(crate) fn feed(&mut self, bytes: Bytes) {
        if let Some(first) = self.layers.first_mut() {
            first.feed(bytes);
        }
    }

    /// Some decoded bytes, at least one; `None` if the decoder needs more of the body.
    pub(crate) fn decode(&mut self) -> Result<Option<Bytes>, Failure> {
        decode(&mut self.layers, &mut self.output, self.limit)
    }

    /// As [`Decoder::decode`], after the end of the body: `None` at the end.
    pub(crate) fn finish(&mut self) -> Result<Option<Bytes>, Failure> {
        for end in 1..=self.layers.len() {
            let layers = &mut self.layers[..end];
            if let Some(bytes) = decode(layers, &mut self.output, self.limit)? {
                if end == self.layers.len() {
                    return Ok(Some(bytes));
                }
                self.layers[end].feed(bytes);
                return self.finish();
            }
            self.layers[end - 1].finish()?;
        }
        Ok(None)
    }
}

/// Decodes through all of these layers.
fn decode(layers: &mut [Layer], output: &mut [u8], limit: usize) -> Result<Option<Bytes>, Failure> {
    let Some((last, before)) = layers.split_last_mut() else { return Ok(None) };
    loop {
        if let Some(bytes) = last.decode(output, limit)? {
            return Ok(Some(bytes));
        }
        match decode(before, output, limit)? {
            Some(bytes) => last.feed(bytes),
            None => return Ok(None),
        }
    }
}

/// One coding of a body.
struct Layer {
    name: &'static str,
    /// `None` for `deflate` until two bytes have come.
    codec: Option<Box<dyn DecodeV2 + Send>>,
    input: Bytes,
    /// Whether the last step filled its buffer: then the codec may have more output without further input.
    is_full: bool,
    state: State,
    decoded: usize,
    /// An error after the bytes that were returned last.
    failed: Option<Failure>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Empty,
    Inside,
    /// After the end of a frame.
    Ended,
}

impl Layer {
    fn named(name: &str) -> Result<Self, Failure> {
        let (name, codec): (_, Option<Box<dyn DecodeV2 + Send>>) = match name {
            "gzip" | "x-gzip" => ("gzip", Some(Box::new(GzipDecoder::new()))),
            "deflate" => ("deflate", None),
            "br" => ("br", Some(Box::new(BrotliDecoder::new()))),
            "zstd" => {
                let window = DParameter::window_log_max(ZSTD_WINDOW);
                ("zstd", Some(Box::new(ZstdDecoder::new_with_params(&[window]))))
            }
            _ => {
                let name: String = name.chars().take(40).collect();
                return Err(Failure::Undecodable(format!(
                    "the response's body has the unknown content-encoding {name:?}, although the request said \
                     `accept-encoding: identity`"
                )));
            }
        };
        Ok(Self { name, codec, input: Bytes::new(), is_full: false, state: State::Empty, decoded: 0, failed: None })
    }

    fn feed(&mut self, bytes: Bytes) {
        self.input = if self.input.is_empty() { bytes } else { [&self.input[..], &bytes[..]].concat().into() };
    }

    /// Some decoded bytes, at least one; `None` without further input.
    fn decode(&mut self, output: &mut [u8], limit: usize) -> Result<Option<Bytes>, Failure> {
        if let Some(failure) = &self.failed {
            return Err(failure.clone());
        }
        while !self.input.is_empty() || self.is_full {
            if self.state == State::Ended && !self.begins_next_frame()? {
                return Ok(None);
            }
            if self.codec.is_none() {
                self.codec = deflate(&self.input);
            }
            let Some(codec) = &mut self.codec else { return Ok(None) };
            self.state = State::Inside;
            let mut input = PartialBuffer::new(&self.input[..]);
            let mut output = WriteBuffer::new_initialized(output);
            let step = if input.unwritten().is_empty() {
                codec.flush(&mut output).map(|_| false)
            } else {
                codec.decode(&mut input, &mut output)
            };
            let (consumed, decoded) = (input.written_len(), Bytes::copy_from_slice(output.written()));
            self.is_full = output.has_no_spare_space();
            let has_ended = match step {
                Ok(has_ended) => has_ended,
                Err(why) if decoded.is_empty() => return Err(self.invalid(&why)),
                Err(why) => {
                    self.failed = Some(self.invalid(&why));
                    return Ok(Some(decoded));
                }
            };
            if consumed == 0 && decoded.is_empty() && !has_ended && !self.input.is_empty() {
                return Err(self.invalid(&"no progress"));
            }
            self.input = self.input.slice(consumed..);
            if has_ended {
                self.state = State::Ended;
            }
            self.decoded = self.decoded.saturating_add(decoded.len());
            if self.decoded > limit.saturating_add(STEP) {
                let name = self.name;
                return Err(Failure::TooLong(format!(
                    "the response's {name} body is longer than max_response_bytes ({limit})"
                )));
            }
            if !decoded.is_empty() {
                return Ok(Some(decoded));
            }
        }
        Ok(None)
    }

    /// Whether the bytes after the end of a frame begin another one.
    fn begins_next_frame(&mut self) -> Result<bool, Failure> {
        self.is_full = false;
        if self.input.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0) {
            self.input.clear();
            return Ok(false);
        }
        match &mut self.codec {
            Some(codec) if matches!(self.name, "gzip" | "zstd") => {
                codec.reinit().map_err(|why| self.invalid(&why))?;
                Ok(true)
            }
            _ => Err(self.invalid(&"there are bytes after its end")),
        }
    }

    /// Checks that the input did not end inside a frame. An empty body is one without a frame.
    fn finish(&mut self) -> Result<(), Failure> {
        let is_complete = match (&mut self.codec, self.state) {
            (_, State::Empty) => self.input.is_empty(),
            (_, State::Ended) => true,
            (Some(codec), State::Inside) => codec.finish(&mut WriteBuffer::new_initialized(&mut [0])).unwrap_or(false),
            (None, State::Inside) => false,
        };
        if is_complete {
            return Ok(());
        }
        Err(Failure::Connection(format!("its {} body ends too early", self.name)))
    }

    fn invalid(&self, why: &dyn std::fmt::Display) -> Failure {
        Failure::Undecodable(format!(
            "the response's body can't be decoded as {}, its content-encoding: {why}",
            self.name
        ))
    }
}

/// The decoder for `deflate`: the name of zlib's format, which some servers use for the data without its header.
fn deflate(input: &[u8]) -> Option<Box<dyn DecodeV2 + Send>> {
    let [first, second, ..] = *input else { return None };
    let is_zlib = first & 0x8f == 8 && u16::from_be_bytes([first, second]) % 31 == 0;
    Some(if is_zlib { Box::new(ZlibDecoder::new()) } else { Box::new(DeflateDecoder::new()) })
}
