//! Literals: JSON values as source text of a language.
//!
//! Invariant: a literal has exactly the value, character by character: each character is either copied or escaped by a rule. The layout depends on
//! the width alone: a value that fits on a line is written on one. A secret is read from its variable and never written.

use crate::prelude::*;
use crate::text::secrets::{is_secret_name, plain_name};
use crate::value::{Map, Number, Value};

/// The most columns of a line.
pub(super) const WIDTH: usize = 100;

/// The punctuation of a language.
pub(super) struct Signs {
    pub(super) null: &'static str,
    pub(super) truth: [&'static str; 2],
    pub(super) list: [&'static str; 2],
    pub(super) object: [&'static str; 2],
    pub(super) colon: &'static str,
    pub(super) indent: usize,
    /// Whether the last of several lines has a trailing comma.
    pub(super) trailing: bool,
    /// The texts around and between the literals of a text with several lines; `None` if a text is always one literal.
    pub(super) join: Option<[&'static str; 3]>,
}

/// The syntax of a language.
pub(super) trait Syntax {
    fn signs(&self) -> &'static Signs;

    /// Writes a text.
    fn text(&self, out: &mut String, text: &str);

    /// Writes a member's name.
    fn name(&self, out: &mut String, name: &str) {
        self.text(out, name);
    }

    /// The opening and closing punctuation of this object.
    fn object(&self, _members: &Map<String, Value>) -> [&'static str; 2] {
        self.signs().object
    }

    /// Writes the expression that reads a secret from its environment variable.
    fn secret(&self, out: &mut String, secret: &Secret);

    /// The variable of the request's own key.
    fn key_variable(&self) -> &str;
}

/// A value that is read from the environment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Secret {
    /// The text before the secret: empty, or a scheme such as `Bearer `.
    pub(super) prefix: String,
    /// The variable's name.
    pub(super) variable: String,
}

/// The schemes before a key in headers.
const SCHEMES: [&str; 3] = ["Basic ", "Bearer ", "Token "];

/// The secret in a member or header of this name. `own` is the variable of the request's own key, for names at the top level.
pub(super) fn secret(name: &str, value: &str, own: Option<&str>) -> Option<Secret> {
    let is_key = matches!(plain_name(name).as_str(), "key" | "apikey" | "xapikey");
    if value.is_empty() || !(is_secret_name(name) || own.is_some() && is_key) {
        return None;
    }
    let begins = |scheme: &&&str| value.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme));
    let prefix = SCHEMES.iter().find(begins).copied().unwrap_or_default();
    let variable = match own {
        Some(own) if is_key => own.to_owned(),
        _ => variable_of(name),
    };
    Some(Secret { prefix: prefix.to_owned(), variable })
}

/// The variable of a member's secret: `AUTH_TOKEN` for `authToken`.
fn variable_of(name: &str) -> String {
    let mut variable = String::new();
    let mut was_lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && was_lower || !c.is_ascii_alphanumeric() && !variable.ends_with('_') {
            variable.push('_');
        }
        was_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        variable.extend(c.is_ascii_alphanumeric().then(|| c.to_ascii_uppercase()));
    }
    variable
}

/// Writes a value. Its line is indented by `depth` levels and has `used` columns already. `top` is whether its members are the request's own fields.
pub(super) fn value(syntax: &dyn Syntax, out: &mut String, json_value: &Value, depth: usize, used: usize, top: bool) {
    let signs = syntax.signs();
    let room = WIDTH.saturating_sub(depth * signs.indent + used + 1);
    let start = out.len();
    if line(syntax, out, json_value, start + room, top) {
        return;
    }
    out.truncate(start);
    match json_value {
        Value::Array(items) => {
            let [open, close] = signs.list;
            out.push_str(open);
            for (index, item) in items.iter().enumerate() {
                indent(out, signs, depth + 1);
                value(syntax, out, item, depth + 1, 0, false);
                comma(out, signs, index + 1 == items.len());
            }
            indent(out, signs, depth);
            out.push_str(close);
        }
        Value::Object(members) => {
            let [open, close] = syntax.object(members);
            out.push_str(open);
            for (index, (name, member)) in members.iter().enumerate() {
                indent(out, signs, depth + 1);
                let start = out.len();
                syntax.name(out, name);
                out.push_str(signs.colon);
                let used = out.len() - start;
                match secret_of(syntax, name, member, top) {
                    Some(secret) => syntax.secret(out, &secret),
                    None => value(syntax, out, member, depth + 1, used, false),
                }
                comma(out, signs, index + 1 == members.len());
            }
            indent(out, signs, depth);
            out.push_str(close);
        }
        Value::String(text) => lines(syntax, out, text, depth),
        _ => scalar(syntax, out, json_value),
    }
}

/// The secret in a member, if it is one.
fn secret_of(syntax: &dyn Syntax, name: &str, member: &Value, top: bool) -> Option<Secret> {
    secret(name, member.as_str()?, top.then(|| syntax.key_variable()))
}

/// Writes a value on one line. Returns false if the text would be longer than `end`.
fn line(syntax: &dyn Syntax, out: &mut String, json_value: &Value, end: usize, top: bool) -> bool {
    let signs = syntax.signs();
    match json_value {
        Value::Array(items) => {
            let [open, close] = signs.list;
            out.push_str(open);
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                if !line(syntax, out, item, end, false) {
                    return false;
                }
            }
            out.push_str(close);
        }
        Value::Object(members) => {
            let [open, close] = syntax.object(members);
            let space = if signs.trailing && signs.indent == 2 && !members.is_empty() { " " } else { "" };
            out.push_str(open);
            out.push_str(space);
            for (index, (name, member)) in members.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                syntax.name(out, name);
                out.push_str(signs.colon);
                match secret_of(syntax, name, member, top) {
                    Some(secret) => syntax.secret(out, &secret),
                    None if !line(syntax, out, member, end, false) => return false,
                    None => {}
                }
            }
            out.push_str(space);
            out.push_str(close);
        }
        // A long text is split into its lines.
        Value::String(text) if out.len() + text.len() > end => return false,
        _ => scalar(syntax, out, json_value),
    }
    out.len() <= end
}

fn scalar(syntax: &dyn Syntax, out: &mut String, json_value: &Value) {
    let signs = syntax.signs();
    match json_value {
        Value::String(text) => syntax.text(out, text),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::Bool(truth) => out.push_str(if *truth { signs.truth[1] } else { signs.truth[0] }),
        _ => out.push_str(signs.null),
    }
}

/// Writes a text that is too long for its line: one literal for each of its lines, if the language can join them.
fn lines(syntax: &dyn Syntax, out: &mut String, text: &str, depth: usize) {
    let signs = syntax.signs();
    // Parsers of some languages would build too deep a tree from very many literals.
    let count = text.trim_end_matches('\n').bytes().filter(|byte| *byte == b'\n').count();
    let several = (1..200).contains(&count);
    let Some([open, between, close]) = signs.join.filter(|_| several) else { return syntax.text(out, text) };
    out.push_str(open);
    if out.ends_with(' ') {
        // The trailing space of the line that ends here.
        out.pop();
    }
    for (index, part) in text.split_inclusive('\n').enumerate() {
        out.push_str(if index > 0 { between } else { "" });
        indent(out, signs, depth + 1);
        syntax.text(out, part);
    }
    if !close.is_empty() {
        indent(out, signs, depth);
        out.push_str(close);
    }
}

fn comma(out: &mut String, signs: &Signs, is_last: bool) {
    if signs.trailing || !is_last {
        out.push(',');
    }
}

/// Begins an indented line.
pub(super) fn indent(out: &mut String, signs: &Signs, depth: usize) {
    out.push('\n');
    for _ in 0..depth * signs.indent {
        out.push(' ');
    }
}

/// Whether a character is invisible or changes the display of its neighbours. Source text escapes it.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
        | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

/// Writes a number in hexadecimal, with at least this many digits.
pub(super) fn hex(out: &mut String, number: u32, digits: usize) {
    let count = (8 - number.leading_zeros() as usize / 4).max(digits);
    for index in (0..count).rev() {
        out.extend(char::from_digit(number >> (index * 4) & 15, 16));
    }
}

/// Writes a JSON string, with invisible characters escaped.
pub(super) fn json_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if is_invisible(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.push_str("\\u");
                    hex(out, u32::from(*unit), 4);
                }
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

/// The syntax of JSON, with the variable of the request's own key.
pub(super) struct Json<'a>(pub(super) &'a str);

impl Syntax for Json<'_> {
    fn signs(&self) -> &'static Signs {
        &Signs {
            null: "null",
            truth: ["false", "true"],
            list: ["[", "]"],
            object: ["{", "}"],
            colon: ": ",
            indent: 2,
            trailing: false,
            join: None,
        }
    }

    fn text(&self, out: &mut String, text: &str) {
        json_text(out, text);
    }

    /// Marks the variable, which the writers of other languages replace.
    fn secret(&self, out: &mut String, secret: &Secret) {
        out.push('"');
        out.push_str(&secret.prefix);
        out.push_str(VARIABLE_MARK);
        out.push_str(&secret.variable);
        out.push_str(VARIABLE_MARK);
        out.push('"');
    }

    fn key_variable(&self) -> &str {
        self.0
    }
}

/// The mark around a variable's name in [`Json`]. JSON text never has it unescaped.
pub(super) const VARIABLE_MARK: &str = "\u{1}";

/// Whether every number and every object in a value satisfies its predicate.
pub(super) fn all(json_value: &Value, number: fn(&Number) -> bool, object: fn(&Map<String, Value>) -> bool) -> bool {
    match json_value {
        Value::Number(json_value) => number(json_value),
        Value::Array(items) => items.iter().all(|item| all(item, number, object)),
        Value::Object(members) => object(members) && members.values().all(|member| all(member, number, object)),
        _ => true,
    }
}

/// Whether a number is at most this large in absolute value, or not an integer.
pub(super) fn is_within(number: &Number, max: u64) -> bool {
    let size = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
    // An integer of more than 64 bits is only available as its digits.
    size.map_or_else(
        || number.to_string().bytes().any(|byte| !byte.is_ascii_digit() && byte != b'-'),
        |size| size <= max,
    )
}
