//! Rules of attributes.

use crate::value::Value;

/// What happens to an attribute in a plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rule {
    /// A change replaces the object.
    pub replaces: bool,
    /// Computed: keeps its prior value in every update; the resource says when it does not.
    pub stable: bool,
    /// Value where the configuration gives none.
    pub default: Option<Value>,
    /// The only values there are.
    pub one_of: &'static [&'static str],
}
