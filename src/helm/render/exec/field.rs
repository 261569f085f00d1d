//! `.a.b.c`: keys of maps, fields of structs and calls of methods.

use super::{Machine, Result, Slot, State};
use crate::helm::render::datum::{Datum, Object};
use crate::helm::render::functions::find_method;
use crate::helm::render::parse::{At, Term};
use crate::helm::render::text::Str;

impl Machine<'_, '_> {
    #[allow(clippy::too_many_arguments, reason = "the parts of one expression")]
    pub(super) fn fields<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Slot,
        receiver: Slot,
        node: At<'t>,
        names: &'t [Str],
        args: &'t [Term],
        last: Option<Slot>,
    ) -> Result<Slot> {
        let Some((final_name, before)) = names.split_last() else { return Ok(receiver) };
        let mut receiver = receiver;
        for name in before {
            receiver = self.field(state, dot, receiver, node, name, &[], None)?;
        }
        self.field(state, dot, receiver, node, final_name, args, last)
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one expression")]
    fn field<'t>(
        &mut self,
        state: &mut State<'t>,
        dot: &Slot,
        receiver: Slot,
        node: At<'t>,
        name: &Str,
        args: &'t [Term],
        last: Option<Slot>,
    ) -> Result<Slot> {
        let static_type = receiver.type_name();
        let datum = match receiver {
            Slot::Invalid => return Ok(Slot::Invalid),
            Slot::Any(Datum::Nil) => {
                return Err(self.fail(state, &format!("nil pointer evaluating {static_type}.{name}")));
            }
            Slot::Own(datum) | Slot::Any(datum) => datum,
        };
        if let Some(method) = find_method(&datum, name.bytes()) {
            return self.call_method(state, dot, &datum, method, node, args, last);
        }
        let has_args = !args.is_empty() || last.is_some();
        match &datum {
            Datum::Map(map) => {
                if has_args {
                    return Err(self.fail(state, &format!("{name} is not a method but has arguments")));
                }
                let value = map.get(name.bytes()).unwrap_or_else(|| map.kind().zero());
                return Ok(if map.kind().holds_any() { Slot::Any(value) } else { Slot::Own(value) });
            }
            Datum::Object(object) => {
                if let (Object::Capabilities { .. }, b"KubeVersion", Some(draws)) =
                    (&**object, name.bytes(), &mut self.outside.draws)
                {
                    draws.touch(|touched| touched.version = true);
                }
                if let Some(value) = struct_field(object, name.bytes()) {
                    if has_args {
                        let cause = format!("{name} has arguments but cannot be invoked as function");
                        return Err(self.fail(state, &cause));
                    }
                    return Ok(Slot::Own(value));
                }
            }
            _ => {}
        }
        Err(self.fail(state, &format!("can't evaluate field {name} in type {static_type}")))
    }
}

fn struct_field(object: &Object, name: &[u8]) -> Option<Datum> {
    Some(match (object, name) {
        (Object::Capabilities { kube_version, .. }, b"KubeVersion") => kube_version.clone(),
        (Object::Capabilities { api_versions, .. }, b"APIVersions") => api_versions.clone(),
        (Object::Capabilities { helm_version, .. }, b"HelmVersion") => helm_version.clone(),
        (Object::KubeVersion { version, .. }, b"Version") => Datum::Str(version.clone()),
        (Object::KubeVersion { major, .. }, b"Major") => Datum::Str(major.clone()),
        (Object::KubeVersion { minor, .. }, b"Minor") => Datum::Str(minor.clone()),
        (Object::Certificate { cert, .. }, b"Cert") => Datum::Str(cert.clone()),
        (Object::Certificate { key, .. }, b"Key") => Datum::Str(key.clone()),
        (Object::BuildInfo(fields), name) => {
            let (_, text) = fields.iter().find(|(field, _)| field.as_bytes() == name)?;
            Datum::Str(text.clone())
        }
        _ => return None,
    })
}
