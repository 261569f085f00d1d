//! One declaration per object: the macro lists the fields, everything else comes from the list.

use std::collections::BTreeMap;

use super::{Attribute, Presence, Shape, Unread};
use crate::value::{Path, Value};

/// An object whose attributes are declared.
pub trait Attributes: Sized {
    /// The declared attributes in order.
    fn attributes() -> Vec<Attribute>;

    /// Reads the object's declared attributes, whatever else the value holds.
    ///
    /// # Errors
    /// [`Unread`], with the path of what is unknown or wrong.
    fn from_object(value: &Value, path: &Path) -> Result<Self, Unread>;

    /// Writes the declared attributes into an object.
    fn write_into(&self, object: &mut BTreeMap<String, Value>);
}

/// Lists the attributes of an object: a doc comment (the docs page), a name, a Rust type (a
/// [`Field`](super::Field)) and a [`Rule`](super::Rule). Emits the struct, its declaration and its codec.
macro_rules! declare {
    (
        $(#[doc = $object_doc:literal])*
        pub struct $object:ident {
            $( $(#[doc = $doc:literal])+ $name:ident : $kind:ty = $rule:expr, )*
        }
    ) => {
        $(#[doc = $object_doc])*
        #[allow(unreachable_pub, reason = "some objects are declared in private modules")]
        #[derive(Clone, Debug, PartialEq)]
        pub struct $object { $( $(#[doc = $doc])+ pub $name: $kind, )* }

        impl $crate::schema::Attributes for $object {
            fn attributes() -> Vec<$crate::schema::Attribute> {
                vec![ $( {
                    let rule: $crate::schema::Rule = $rule;
                    let optional = <$kind as $crate::schema::Field>::OPTIONAL;
                    $crate::schema::Attribute {
                        name: $crate::schema::plain_name(stringify!($name)),
                        doc: concat!($($doc, "\n"),+).trim(),
                        shape: <$kind as $crate::schema::Field>::shape(),
                        presence: if rule.default.is_some() || rule.chosen {
                            $crate::schema::Presence::OptionalComputed
                        } else if optional {
                            $crate::schema::Presence::Optional
                        } else {
                            $crate::schema::Presence::Required
                        },
                        sensitive: rule.sensitive || <$kind as $crate::schema::Field>::SENSITIVE,
                        write_only: rule.write_only,
                        deprecated: rule.deprecated,
                        rule,
                    }
                }, )* ]
            }

            fn from_object(
                value: &$crate::value::Value,
                path: &$crate::value::Path,
            ) -> Result<Self, $crate::schema::Unread> {
                if value.is_unknown() {
                    return Err($crate::schema::Unread::Unknown);
                }
                Ok(Self { $( $name: <$kind as $crate::schema::Field>::read(
                    value.get($crate::schema::plain_name(stringify!($name))),
                    &path.attribute($crate::schema::plain_name(stringify!($name))),
                )?, )* })
            }

            fn write_into(&self, object: &mut std::collections::BTreeMap<String, $crate::value::Value>) {
                $( object.insert($crate::schema::plain_name(stringify!($name)).to_owned(), $crate::schema::Field::write(&self.$name)); )*
            }
        }

        impl $crate::schema::Field for $object {
            fn shape() -> $crate::schema::Shape {
                $crate::schema::Shape::Nested(
                    $crate::schema::Nesting::Single,
                    <Self as $crate::schema::Attributes>::attributes(),
                )
            }
            fn read(
                value: &$crate::value::Value,
                path: &$crate::value::Path,
            ) -> Result<Self, $crate::schema::Unread> {
                if value.is_null() {
                    return Err($crate::schema::Unread::wrong(
                        "Missing value", format!("The object {path} is null, and it must be given."), path,
                    ));
                }
                <Self as $crate::schema::Attributes>::from_object(value, path)
            }
            fn write(&self) -> $crate::value::Value {
                let mut object = std::collections::BTreeMap::new();
                <Self as $crate::schema::Attributes>::write_into(self, &mut object);
                $crate::value::Value::Map(object)
            }
        }
    };
}
pub(crate) use declare;

/// The attributes of a resource from its two halves: what only the status has is computed, what both
/// have is optional and computed.
#[must_use]
pub fn merge(spec: Vec<Attribute>, status: Vec<Attribute>) -> Vec<Attribute> {
    let mut merged = spec;
    for mut attribute in status {
        if let Some(asked) = merged.iter_mut().find(|asked| asked.name == attribute.name) {
            asked.presence = Presence::OptionalComputed;
        } else {
            computed(&mut attribute);
            merged.push(attribute);
        }
    }
    merged
}

/// What only the provider sets is so in all its parts.
fn computed(attribute: &mut Attribute) {
    attribute.presence = Presence::Computed;
    if let Shape::Nested(_, nested) = &mut attribute.shape {
        nested.iter_mut().for_each(computed);
    }
}

/// A field's name as HCL has it: a raw identifier such as `r#type` without its mark.
#[must_use]
pub fn plain_name(field: &'static str) -> &'static str {
    field.strip_prefix("r#").unwrap_or(field)
}
