//! The reply that a request selects.
//!
//! The model's name contains it, as in `chunks=20000,per=64,delay=0`, so that every client can send it. An unknown name is an error that the
//! client shows, never a default.

use serde::Deserialize;

/// Which API the path belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Format {
    ChatCompletions,
    Messages,
}

/// The content of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Content {
    /// `chunks=N`: that many tokens of text.
    Tokens(usize),
    /// `json=BYTES`: a report as the answer's text, in pieces of four characters.
    Json(usize),
    /// `tool=BYTES`: a report as a tool's arguments, in pieces of four characters.
    Tool(usize),
}

/// One kind of reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ReplySpec {
    pub(crate) format: Format,
    /// A stream, or a whole reply.
    pub(crate) stream: bool,
    pub(crate) content: Content,
    /// `per=N`: events a write.
    pub(crate) per: usize,
    /// `delay=MS`: milliseconds from one write to the next.
    pub(crate) delay: u64,
    /// `padded=1`: each chunk ends with padding of changing length, as OpenAI's own do.
    pub(crate) padded: bool,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    model: std::borrow::Cow<'a, str>,
    #[serde(default)]
    stream: bool,
}

impl ReplySpec {
    /// Reads the body of a request.
    pub(crate) fn read(format: Format, body: &[u8]) -> Result<Self, String> {
        let body: Body<'_> = serde_json::from_slice(body).map_err(|why| why.to_string())?;
        let mut spec =
            Self { format, stream: body.stream, content: Content::Tokens(64), per: 1, delay: 0, padded: false };
        // Clients of several providers put a provider's name before a slash, and not all of them remove it.
        let options = body.model.rsplit('/').next().unwrap_or_default();
        for part in options.split(',') {
            let pair = part.split_once('=');
            let (name, number) = pair.ok_or_else(|| format!("the model has no option: {part}"))?;
            let number: usize = number.parse().map_err(|_| format!("no number: {part}"))?;
            match name {
                "chunks" => spec.content = Content::Tokens(number),
                "json" => spec.content = Content::Json(number),
                "tool" => spec.content = Content::Tool(number),
                "per" => spec.per = number.max(1),
                "delay" => spec.delay = number as u64,
                "padded" => spec.padded = number != 0,
                _ => return Err(format!("unknown wish: {name}")),
            }
        }
        Ok(spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_model_asks_for() {
        let body = br#"{"messages":[],"model":"openai/json=65536,per=16","stream":true}"#;
        let spec = ReplySpec::read(Format::Messages, body).expect("a valid request");
        assert_eq!((spec.format, spec.stream, spec.per), (Format::Messages, true, 16));
        assert_eq!(spec.content, Content::Json(65536));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let refused =
            |model: &str| ReplySpec::read(Format::Messages, format!(r#"{{"model":"{model}"}}"#).as_bytes()).is_err();
        assert!(refused("gpt-4") && refused("chunks=many") && refused("chunk=1"));
    }
}
