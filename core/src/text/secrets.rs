//! Detection of API keys by name, and their removal from messages, errors and logs.
//!
//! Invariant: errors, logs and snippets use the same list of names. Placeholders such as `test` or `ollama` are not secrets, because
//! hiding these words would garble messages.

use crate::prelude::*;
use crate::text;
use crate::text::url::percent_encode;

/// Minimum length of a secret. Shorter values are placeholders for local servers.
const MIN_LENGTH: usize = 8;
/// Maximum length up to which a value without digits is treated as a word, which a message may contain by chance.
const MAX_WORD_LENGTH: usize = 15;
/// Longer placeholders from the documentation of local servers.
const PLACEHOLDERS: &str = "lm-studio no-key-required not-needed placeholder sk-no-key-required";

/// Suffixes of names of headers, query parameters and body members, in lower case and without punctuation.
const SUFFIXES: &str = "accesskey accesstoken apikey apitoken authkey authorization authorizationtoken authtoken bearertoken \
    clientsecret cookie functionskey password privatetoken secretkey securitytoken subscriptionkey virtualkey";

/// Exact names that denote a key in a header or query, but not necessarily in a body.
const EXACT_NAMES: &str = "auth heliconeauth key sig signature";

/// Returns whether a header, query parameter or body member with this name contains a key.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let plain = plain_name(name);
    SUFFIXES.split(' ').any(|end| plain.ends_with(end))
}

/// Returns whether a header or query parameter with this name contains a key.
pub(crate) fn is_secret_parameter(name: &str) -> bool {
    let plain = plain_name(name);
    is_secret_name(name)
        || text::list_contains(EXACT_NAMES, &plain)
        || plain.ends_with("token")
        || plain.ends_with("secret")
}

/// A name in lower case, without punctuation.
pub(crate) fn plain_name(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// Values to hide. Not `Debug`, so that they can't be printed.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// Adds a key, and its percent-encoded form.
    pub(crate) fn add(&mut self, key: &str) {
        let key = key.trim();
        if key.len() < MIN_LENGTH || text::list_contains(PLACEHOLDERS, key) {
            return;
        }
        let mut encoded = String::new();
        percent_encode(key, &mut encoded);
        if encoded != key {
            self.0.push(encoded);
        }
        self.0.push(key.to_owned());
    }

    /// Adds the secrets in the value of a header: the key after its scheme, or cookies.
    pub(crate) fn add_header(&mut self, name: &str, value: &str) {
        if name.ends_with("cookie") {
            for cookie in value.split(';') {
                self.add(cookie.split_once('=').map_or(cookie, |(_, value)| value));
            }
        } else {
            self.add(value.split_once(' ').map_or(value, |(_, key)| key));
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Replaces all secrets in a text.
    pub(crate) fn hide(&self, text: &mut String) {
        for secret in self.iter() {
            hide(text, secret);
        }
    }
}

/// Replaces a secret by `[redacted]`. A secret that could be a word is replaced only without a letter, `-` or `_` next to it.
pub(crate) fn hide(text: &mut String, secret: &str) {
    if secret.len() < MIN_LENGTH || !text::contains(text, secret) {
        return;
    }
    let is_word = secret.len() <= MAX_WORD_LENGTH && !secret.bytes().any(|byte| byte.is_ascii_digit());
    let joins = |letter: Option<char>| letter.is_some_and(|c| text::is_letter(c) || matches!(c, '-' | '_'));
    let mut hidden = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = text::split(rest, secret) {
        hidden.push_str(before);
        let stands_alone = !joins(hidden.chars().next_back()) && !joins(after.chars().next());
        hidden.push_str(if is_word && !stands_alone { secret } else { "[redacted]" });
        rest = after;
    }
    hidden.push_str(rest);
    *text = hidden;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(keys: &[&str], text: &str) -> String {
        let mut secrets = Secrets::default();
        for key in keys {
            secrets.add(key);
        }
        let mut text = text.to_owned();
        secrets.hide(&mut text);
        text
    }

    #[test]
    fn keys_are_hidden_and_words_are_kept() {
        for (key, text, expected) in [
            ("test", "the latest test", "the latest test"),
            ("ollama", "ollama is not running", "ollama is not running"),
            ("lm-studio", "lm-studio has no model", "lm-studio has no model"),
            ("streamer", "streamers: no streamer-x; streamer", "streamers: no streamer-x; [redacted]"),
            ("sk-12345", "key sk-12345.", "key [redacted]."),
            ("sk-12345", "Bearer%20sk-12345&x", "Bearer%20[redacted]&x"),
            ("sk-12345", "nsk-12345x", "n[redacted]x"),
            ("a/b+c==123", "?key=a%2Fb%2Bc%3D%3D123", "?key=[redacted]"),
            ("abcdefghijklmnop", "xabcdefghijklmnopx", "x[redacted]x"),
        ] {
            assert_eq!(hidden(&[key], text), expected, "{key}");
        }
    }

    #[test]
    fn secret_names_are_detected() {
        for name in ["Authorization", "x-api-key", "api_key", "X-Goog-Api-Key", "Cookie", "x-auth-token", "authToken"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["key", "token", "sig", "x-vault-token"] {
            assert!(is_secret_parameter(name) && !is_secret_name(name), "{name}");
        }
        for name in ["x-portkey-provider", "x-monkey", "max_tokens", "idempotency-key", "prompt_cache_key", "x-tokens"]
        {
            assert!(!is_secret_parameter(name), "{name}");
        }
    }

    #[test]
    fn header_values_contain_the_key() {
        for (name, value, hidden) in [
            ("authorization", "Bearer sk-12345", "sk-12345"),
            ("x-api-key", "sk-12345", "sk-12345"),
            ("cookie", "theme=dark; session=abc-123-def", "abc-123-def"),
        ] {
            let mut secrets = Secrets::default();
            secrets.add_header(name, value);
            assert_eq!(secrets.iter().collect::<Vec<_>>(), [hidden]);
        }
    }
}
