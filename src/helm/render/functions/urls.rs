//! URLs as Go's net/url takes them apart and puts them together.

use super::{Function, Outcome, Param, dict, ok, plain, utf8};
use crate::helm::render::datum::{Datum, Pairs};
use crate::helm::render::go::quote;
use crate::helm::render::text::Str;

pub(super) const TABLE: &[Function] = &[
    plain("urlParse", &[Param::Str], |args| {
        let url = Url::parse(&utf8(&args[0])).map_err(|error| format!("unable to parse url: {error}"))?;
        let pair = |name: &str, value: &str| (Str::from(name), Datum::str(value));
        Ok(Datum::map(Pairs::from([
            pair("scheme", &url.scheme),
            pair("host", &url.host),
            pair("hostname", url.hostname()),
            pair("path", &url.path),
            pair("query", &url.query),
            pair("opaque", &url.opaque),
            pair("fragment", &url.fragment),
            pair("userinfo", url.userinfo.as_deref().unwrap_or_default()),
        ])))
    }),
    plain("urlJoin", &[Param::Map], join),
];

/// `url.QueryEscape`.
pub(super) fn query_escape(text: &[u8]) -> String {
    let mut out = String::new();
    for byte in text {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(*byte));
            }
            b' ' => out.push('+'),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[derive(Debug, Default)]
struct Url {
    scheme: String,
    opaque: String,
    userinfo: Option<String>,
    host: String,
    path: String,
    query: String,
    fragment: String,
}

impl Url {
    fn parse(text: &str) -> Result<Self, String> {
        let (body, fragment) = text.split_once('#').unwrap_or((text, ""));
        let failed = |why: String| format!("parse {}: {why}", quote(text.as_bytes()));
        let mut url = Self::parse_body(body).map_err(&failed)?;
        url.fragment = unescape(fragment, Part::Fragment).map_err(failed)?;
        Ok(url)
    }

    fn parse_body(text: &str) -> Result<Self, String> {
        let mut url = Self::default();
        if text.bytes().any(|byte| byte < b' ' || byte == 0x7F) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        if text == "*" {
            "*".clone_into(&mut url.path);
            return Ok(url);
        }
        let (scheme, rest) = scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let mut rest = rest;
        if let Some((before, query)) = rest.split_once('?') {
            query.clone_into(&mut url.query);
            rest = before;
        }
        if !rest.starts_with('/') {
            if !url.scheme.is_empty() {
                rest.clone_into(&mut url.opaque);
                return Ok(url);
            }
            if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        if (!url.scheme.is_empty() || !rest.starts_with("///"))
            && let Some(after) = rest.strip_prefix("//")
        {
            let end = after.find('/').unwrap_or(after.len());
            let (authority, path) = after.split_at(end);
            url.authority(authority)?;
            rest = path;
        }
        url.path = unescape(rest, Part::Path)?;
        Ok(url)
    }

    fn authority(&mut self, text: &str) -> Result<(), String> {
        let host = match text.rsplit_once('@') {
            None => text,
            Some((userinfo, host)) => {
                let fine =
                    |letter: char| letter.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(letter);
                if !userinfo.chars().all(fine) {
                    return Err("net/url: invalid userinfo".to_owned());
                }
                let shown = match userinfo.split_once(':') {
                    None => escape(&unescape(userinfo, Part::User)?, Part::User),
                    Some((name, password)) => format!(
                        "{}:{}",
                        escape(&unescape(name, Part::User)?, Part::User),
                        escape(&unescape(password, Part::User)?, Part::User)
                    ),
                };
                self.userinfo = Some(shown);
                host
            }
        };
        let port = match host.strip_prefix('[') {
            Some(inner) => match inner.split_once(']') {
                Some((_, port)) => port,
                None => return Err("missing ']' in host".to_owned()),
            },
            None => host.rfind(':').map_or("", |at| &host[at..]),
        };
        if !port.is_empty()
            && !port.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
        {
            return Err(format!("invalid port {} after host", quote(port.as_bytes())));
        }
        self.host = unescape(host, Part::Host)?;
        Ok(())
    }

    fn hostname(&self) -> &str {
        if let Some(inner) = self.host.strip_prefix('[') {
            return inner.split(']').next().unwrap_or(inner);
        }
        self.host.rsplit_once(':').map_or(&self.host, |(host, _)| host)
    }

    fn text(&self) -> String {
        let mut out = String::new();
        if !self.scheme.is_empty() {
            out.push_str(&format!("{}:", self.scheme));
        }
        if self.opaque.is_empty() {
            if !self.scheme.is_empty() || !self.host.is_empty() || self.userinfo.is_some() {
                if !self.host.is_empty() || !self.path.is_empty() || self.userinfo.is_some() {
                    out.push_str("//");
                }
                if let Some(userinfo) = &self.userinfo {
                    out.push_str(&format!("{userinfo}@"));
                }
                out.push_str(&escape(&self.host, Part::Host));
            }
            let path = escape(&self.path, Part::Path);
            if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
                out.push('/');
            }
            if out.is_empty() && path.split('/').next().is_some_and(|segment| segment.contains(':')) {
                out.push_str("./");
            }
            out.push_str(&path);
        } else {
            out.push_str(&self.opaque);
        }
        if !self.query.is_empty() {
            out.push_str(&format!("?{}", self.query));
        }
        if !self.fragment.is_empty() {
            out.push_str(&format!("#{}", escape(&self.fragment, Part::Fragment)));
        }
        out
    }
}

fn scheme(text: &str) -> Result<(&str, &str), String> {
    for (at, letter) in text.char_indices() {
        match letter {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if at > 0 => {}
            ':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            ':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok(("", text))
}

/// Where in a URL something stands, which decides what is escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    User,
    Host,
    Path,
    Fragment,
}

fn unescape(text: &str, part: Part) -> Result<String, String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
            let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) else {
                let shown = &text[at..text.len().min(at + 3)];
                return Err(format!("invalid URL escape {}", quote(shown.as_bytes())));
            };
            out.push(byte);
            at += 3;
            continue;
        }
        if part == Part::Host && bytes[at] < 0x80 && should_escape(bytes[at], part) {
            let shown = (bytes[at] as char).to_string();
            return Err(format!("invalid character {} in host name", quote(shown.as_bytes())));
        }
        out.push(bytes[at]);
        at += 1;
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn should_escape(byte: u8, part: Part) -> bool {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => false,
        b'!' | b'\'' | b'(' | b')' | b'*' if part == Part::Host => false,
        b'!' | b'(' | b')' | b'*' if part == Part::Fragment => false,
        b'[' | b']' | b'<' | b'>' | b'"' if part == Part::Host => false,
        b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'?' | b'@' => match part {
            Part::Path => byte == b'?',
            Part::User => matches!(byte, b'@' | b'/' | b'?' | b':'),
            Part::Host => matches!(byte, b'/' | b'?' | b'@'),
            Part::Fragment => false,
        },
        _ => true,
    }
}

fn escape(text: &str, part: Part) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if should_escape(byte, part) && !(part == Part::Host && byte >= 0x80) {
            out.push_str(&format!("%{byte:02X}"));
        } else if byte < 0x80 {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn join(args: &[Datum]) -> Outcome {
    let part = |name: &str| match dict(&args[0]).and_then(|map| map.get(name.as_bytes())) {
        None => Ok(String::new()),
        Some(Datum::Str(text)) => Ok(text.lossy().into_owned()),
        Some(other) => Err(format!(
            "unable to parse {name} key, must be of type string, but {} found",
            other.kind_name()
        )),
    };
    let mut url = Url {
        scheme: part("scheme")?,
        host: part("host")?,
        path: part("path")?,
        query: part("query")?,
        opaque: part("opaque")?,
        fragment: part("fragment")?,
        ..Url::default()
    };
    let userinfo = part("userinfo")?;
    if !userinfo.is_empty() {
        let parsed = Url::parse(&format!("proto://{userinfo}@host"))
            .map_err(|error| format!("unable to parse userinfo in dict: {error}"))?;
        url.userinfo = parsed.userinfo;
    }
    ok(url.text())
}
