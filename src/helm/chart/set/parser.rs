//! The language of `--set`: `a.b[0]=x,c={y,z}`.

use super::input::{Backslash, Input, Run};
use super::json;
use crate::helm::value::{Map, Value};

/// The largest index of a list.
const LARGEST: i64 = 65_536;
/// The deepest path.
const DEEPEST: usize = 30;
/// The most indices in one line; Helm takes any number.
const MOST_BRACKETS: usize = 100;

/// Why a line cannot be carried out, in Helm's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSet {
    /// The line ends within a key.
    #[error("key {0:?} has no value")]
    NoValue(String),
    /// A comma ends a key.
    #[error("key {0:?} has no value (cannot end with ,)")]
    Comma(String),
    /// A table gets nothing.
    #[error("key map {0:?} has no value")]
    EmptyMap(String),
    /// The path is too deep.
    #[error("value name nested level is greater than maximum supported nested level of {DEEPEST}")]
    Deep,
    /// There are indices beyond reason.
    #[error("more than {MOST_BRACKETS} list indices in one line")]
    Brackets,
    /// An index is no number.
    #[error("error parsing index: {0}")]
    Index(String),
    /// An index counts from behind.
    #[error("negative {0} index not allowed")]
    Negative(i64),
    /// An index is beyond reason.
    #[error("index of {0} is greater than maximum supported index of {LARGEST}")]
    Large(i64),
    /// Something stands between `]` and what may follow it.
    #[error("unexpected data at end of array index: {0:?}")]
    AfterIndex(String),
    /// A list in braces does not end.
    #[error("list must terminate with '}}'")]
    OpenList,
    /// The path goes through a value that is no table or list.
    #[error("unable to parse key: interface conversion: interface {{}} is {found}, not {wanted}")]
    Conversion {
        /// The Go type of what is there.
        found: &'static str,
        /// The Go type that the path needs.
        wanted: &'static str,
    },
    /// A value is no JSON.
    #[error("{0}")]
    Json(String),
    /// A file cannot be read.
    #[error("{0}")]
    File(String),
}

/// How a step ends.
#[derive(Debug)]
pub(super) enum Stop {
    /// The line is over.
    End,
    /// The line is wrong.
    Bad(BadSet),
}

impl From<BadSet> for Stop {
    fn from(error: BadSet) -> Self {
        Self::Bad(error)
    }
}

#[derive(Clone, Copy)]
pub(super) enum Reading<'a> {
    Typed,
    Text,
    Json,
    File(&'a dyn Fn(&str) -> Result<String, String>),
    /// All that is left of the line, as it stands.
    Literal,
}

pub(super) struct Parser<'a> {
    input: Input<'a>,
    reading: Reading<'a>,
    backslash: Backslash,
    brackets: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(line: &'a str, reading: Reading<'a>) -> Self {
        let backslash =
            if matches!(reading, Reading::Literal) { Backslash::IsText } else { Backslash::Escapes };
        Self { input: Input::new(line), reading, backslash, brackets: 0 }
    }

    pub(super) fn run(mut self, values: &mut Map) -> Result<(), BadSet> {
        loop {
            match self.key(values, 0) {
                Ok(()) => {}
                Err(Stop::End) => return Ok(()),
                Err(Stop::Bad(error)) => return Err(error),
            }
        }
    }

    fn until(&mut self, stops: &[char]) -> Run {
        self.input.until(stops, self.backslash)
    }

    fn key(&mut self, values: &mut Map, depth: usize) -> Result<(), Stop> {
        let literal = matches!(self.reading, Reading::Literal);
        let run = self.until(if literal { &['=', '[', '.'] } else { &['=', '[', ',', '.'] });
        let key = run.text;
        match run.end {
            None if key.is_empty() => Err(Stop::End),
            None => Err(BadSet::NoValue(key).into()),
            Some('[') => {
                let index = self.index()?;
                let mut list = match values.remove(&key) {
                    None => Vec::new(),
                    Some(Value::List(list)) => list,
                    Some(other) => {
                        let error = conversion(&other, "[]interface {}");
                        values.insert(key, other);
                        return Err(error.into());
                    }
                };
                let ended = self.item(&mut list, index, depth);
                put(values, key, Value::List(list));
                ended
            }
            Some('=') => {
                if matches!(self.reading, Reading::Json) {
                    let value = self.json()?;
                    put(values, key, value);
                    return Ok(());
                }
                let (value, ended) = self.value();
                if let Some(value) = value {
                    put(values, key, value);
                }
                ended
            }
            Some(',') => {
                put(values, key.clone(), Value::from(""));
                Err(BadSet::Comma(key).into())
            }
            Some(_) => {
                if depth + 1 > DEEPEST {
                    return Err(BadSet::Deep.into());
                }
                let mut inner = match values.remove(&key) {
                    None => Map::new(),
                    Some(Value::Map(inner)) => inner,
                    Some(other) => {
                        let error = conversion(&other, "map[string]interface {}");
                        values.insert(key, other);
                        return Err(error.into());
                    }
                };
                let ended = self.key(&mut inner, depth + 1);
                if inner.is_empty() {
                    return if ended.is_ok() { Err(BadSet::EmptyMap(key).into()) } else { ended };
                }
                put(values, key, Value::Map(inner));
                ended
            }
        }
    }

    fn index(&mut self) -> Result<i64, BadSet> {
        let run = self.until(&[']']);
        if run.end.is_none() {
            return Err(BadSet::Index("EOF".to_owned()));
        }
        let text = run.text;
        text.parse().map_err(|_| {
            let digits = text.trim_start_matches(['-', '+']);
            let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let why = if number { "value out of range" } else { "invalid syntax" };
            BadSet::Index(format!("strconv.Atoi: parsing {text:?}: {why}"))
        })
    }

    fn item(&mut self, list: &mut Vec<Value>, index: i64, depth: usize) -> Result<(), Stop> {
        if index < 0 {
            return Err(BadSet::Negative(index).into());
        }
        self.brackets += 1;
        if self.brackets > MOST_BRACKETS {
            return Err(BadSet::Brackets.into());
        }
        let run = self.until(&['[', '.', '=']);
        if !run.text.is_empty() {
            return Err(BadSet::AfterIndex(run.text).into());
        }
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        match run.end {
            None => Err(Stop::End),
            Some('=') => {
                if matches!(self.reading, Reading::Json) {
                    let value = self.json()?;
                    return Ok(put_at(list, index, value)?);
                }
                match self.value() {
                    (Some(value), Ok(()) | Err(Stop::End)) => Ok(put_at(list, index, value)?),
                    (_, ended) => ended,
                }
            }
            Some('[') => {
                let next = self.index()?;
                let mut inner = match list.get(at) {
                    None | Some(Value::Null) => Vec::new(),
                    Some(Value::List(inner)) => inner.clone(),
                    Some(other) => return Err(conversion(other, "[]interface {}").into()),
                };
                self.item(&mut inner, next, depth)?;
                Ok(put_at(list, index, Value::List(inner))?)
            }
            Some(_) => {
                let mut inner = match list.get_mut(at) {
                    Some(Value::Map(inner)) => std::mem::take(inner),
                    Some(other) => {
                        // The indices came out of order: whatever is there gives way.
                        *other = Value::Map(Map::new());
                        Map::new()
                    }
                    None => Map::new(),
                };
                let ended = self.key(&mut inner, depth);
                if ended.is_err() {
                    if let Some(place) = list.get_mut(at) {
                        *place = Value::Map(inner);
                    }
                    return ended;
                }
                Ok(put_at(list, index, Value::Map(inner))?)
            }
        }
    }

    /// A JSON value, and the comma and spaces behind it.
    fn json(&mut self) -> Result<Value, BadSet> {
        if self.nothing() {
            return Ok(Value::Null);
        }
        let mut stream =
            serde_json::Deserializer::from_str(self.input.rest()).into_iter::<serde_json::Value>();
        let value = match stream.next() {
            Some(Ok(value)) => value,
            Some(Err(error)) => return Err(BadSet::Json(error.to_string())),
            None => return Err(BadSet::Json("EOF".to_owned())),
        };
        let length = stream.byte_offset();
        self.input.skip(length);
        self.nothing();
        Ok(json(&value))
    }

    /// Takes spaces, and says whether nothing else comes before the next comma, which is taken too.
    fn nothing(&mut self) -> bool {
        loop {
            let before = self.input.clone();
            match self.input.next() {
                None | Some(',') => return true,
                Some(letter) if letter.is_whitespace() => {}
                Some(_) => {
                    self.input = before;
                    return false;
                }
            }
        }
    }

    /// A value or a list in braces, and how reading it ended; the value counts even where that is the end.
    fn value(&mut self) -> (Option<Value>, Result<(), Stop>) {
        if matches!(self.reading, Reading::Literal) {
            let run = self.until(&[]);
            return (Some(Value::from(run.text)), Ok(()));
        }
        if self.input.rest().is_empty() {
            return (Some(Value::from("")), Err(Stop::End));
        }
        if self.input.takes('{') {
            return match self.list() {
                Ok(list) => (Some(Value::List(list)), Ok(())),
                Err(error) => (None, Err(error.into())),
            };
        }
        let text = self.until(&[',']).text;
        match self.converted(text) {
            Ok(value) => (Some(value), Ok(())),
            Err(error) => (Some(Value::Null), Err(error.into())),
        }
    }

    fn list(&mut self) -> Result<Vec<Value>, BadSet> {
        let mut list = Vec::new();
        loop {
            let run = self.until(&[',', '}']);
            match run.end {
                None => return Err(BadSet::OpenList),
                Some('}') => {
                    self.input.takes(',');
                    list.push(self.converted(run.text)?);
                    return Ok(list);
                }
                Some(_) => list.push(self.converted(run.text)?),
            }
        }
    }

    fn converted(&self, text: String) -> Result<Value, BadSet> {
        match self.reading {
            Reading::File(read) => read(&text).map(Value::from).map_err(BadSet::File),
            Reading::Typed => Ok(typed(text)),
            Reading::Text | Reading::Json | Reading::Literal => Ok(Value::from(text)),
        }
    }
}

/// Whole numbers that do not start with a zero are numbers.
fn typed(text: String) -> Value {
    match text.to_lowercase().as_str() {
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        "null" => return Value::Null,
        "0" => return Value::Int(0),
        _ => {}
    }
    let number = if text.starts_with('0') { None } else { text.parse().ok() };
    number.map_or(Value::String(text), Value::Int)
}

fn put(values: &mut Map, key: String, value: Value) {
    if !key.is_empty() {
        values.insert(key, value);
    }
}

fn put_at(list: &mut Vec<Value>, index: i64, value: Value) -> Result<(), BadSet> {
    if index > LARGEST {
        return Err(BadSet::Large(index));
    }
    let at = usize::try_from(index).map_err(|_| BadSet::Negative(index))?;
    if list.len() <= at {
        list.resize(at + 1, Value::Null);
    }
    list[at] = value;
    Ok(())
}

fn conversion(found: &Value, wanted: &'static str) -> BadSet {
    let found = match found {
        Value::Null => "nil",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int64",
        Value::Float(_) => "float64",
        Value::String(_) => "string",
        Value::List(_) => "[]interface {}",
        Value::Map(_) => "map[string]interface {}",
    };
    BadSet::Conversion { found, wanted }
}
