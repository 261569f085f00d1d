//! What happens to an attribute in a plan, and what it may hold.

use crate::value::Value;

/// The right-hand side of a declared line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rule {
    /// A change replaces the object.
    pub replaces: bool,
    /// Value where the configuration gives none.
    pub default: Option<Value>,
    /// The only values there are; empty: any.
    pub one_of: &'static [&'static str],
    /// Optional and computed: where the configuration and the defaults give nothing, the provider
    /// chooses once and remembers.
    pub chosen: bool,
    /// Never stored: only the configuration of a create or an update has it.
    pub write_only: bool,
    /// Hidden in plans although its type is no secret.
    pub sensitive: bool,
    /// Why it should not be used any more.
    pub deprecated: Option<&'static str>,
}

impl Rule {
    /// Nothing special: in place, no default.
    #[must_use]
    pub fn plain() -> Self {
        Self::default()
    }

    /// A change replaces the object.
    #[must_use]
    pub fn replaces() -> Self {
        Self { replaces: true, ..Self::default() }
    }

    /// The value where the configuration gives none.
    pub fn default_to(value: impl Into<Value>) -> Self {
        Self { default: Some(value.into()), ..Self::default() }
    }

    /// Chosen by the provider where the configuration gives none.
    #[must_use]
    pub fn chosen() -> Self {
        Self { chosen: true, ..Self::default() }
    }

    /// Only these values.
    #[must_use]
    pub fn one_of(values: &'static [&'static str]) -> Self {
        Self { one_of: values, ..Self::default() }
    }

    /// The same rule, and a change replaces the object.
    #[must_use]
    pub fn and_replaces(mut self) -> Self {
        self.replaces = true;
        self
    }

    /// The same rule, with a default.
    #[must_use]
    pub fn or(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// The same rule, chosen by the provider where the configuration gives none.
    #[must_use]
    pub fn or_chosen(mut self) -> Self {
        self.chosen = true;
        self
    }

    /// Hidden in plans.
    #[must_use]
    pub fn sensitive() -> Self {
        Self { sensitive: true, ..Self::default() }
    }

    /// Never stored, and hidden.
    #[must_use]
    pub fn write_only() -> Self {
        Self { write_only: true, sensitive: true, ..Self::default() }
    }

    /// The same rule, and hidden in plans.
    #[must_use]
    pub fn and_sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// The same rule, and never stored.
    #[must_use]
    pub fn and_write_only(mut self) -> Self {
        self.write_only = true;
        self
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::string(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::int(number)
    }
}

/// A list of the one string `*`: what an omitted side of a security rule means.
#[must_use]
pub fn anywhere() -> Value {
    Value::List(vec![Value::string("*")])
}
