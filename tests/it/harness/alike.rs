//! Equality as the hosts mean it: by type, sets without order, unknown values without refinement.

use std::collections::BTreeMap;

use bud::value::{Kind, Value};

/// Whether two values of one type are the same value. An unknown one equals only an unknown one.
pub(crate) fn alike(kind: &Kind, left: &Value, right: &Value) -> bool {
    if left.is_unknown() || right.is_unknown() {
        return left.is_unknown() && right.is_unknown();
    }
    if left.is_null() || right.is_null() {
        return left.is_null() && right.is_null();
    }
    match (kind, left, right) {
        (Kind::List(element), Value::List(left), Value::List(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| alike(element, left, right))
        }
        (Kind::Set(element), Value::List(left), Value::List(right)) => alike_sets(element, left, right),
        (Kind::Tuple(kinds), Value::List(left), Value::List(right)) => {
            left.len() == right.len()
                && kinds
                    .iter()
                    .zip(left.iter().zip(right))
                    .all(|(kind, (left, right))| alike(kind, left, right))
        }
        (Kind::Map(element), Value::Map(left), Value::Map(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .all(|(key, left)| right.get(key).is_some_and(|right| alike(element, left, right)))
        }
        (Kind::Object(attributes), Value::Map(left), Value::Map(right)) => {
            let nothing = Value::Null;
            let find = |map: &BTreeMap<String, Value>, name: &str| map.get(name).unwrap_or(&nothing).clone();
            attributes.iter().all(|(name, kind)| alike(kind, &find(left, name), &find(right, name)))
        }
        (Kind::Dynamic, Value::Typed(left_kind, left), Value::Typed(right_kind, right)) => {
            left_kind == right_kind && alike(left_kind, left, right)
        }
        _ => left == right,
    }
}

/// Sets are equal when each element finds a partner of its own.
fn alike_sets(element: &Kind, left: &[Value], right: &[Value]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut free: Vec<&Value> = right.iter().collect();
    left.iter().all(|wanted| match free.iter().position(|other| alike(element, wanted, other)) {
        Some(found) => {
            free.swap_remove(found);
            true
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_have_no_order_and_unknown_values_no_refinement() {
        let [one, two] = [Value::int(1), Value::int(2)];
        let forth = Value::List(vec![one.clone(), two.clone()]);
        let back = Value::List(vec![two, one.clone()]);
        assert!(alike(&Kind::Set(Box::new(Kind::Number)), &forth, &back));
        assert!(!alike(&Kind::list(Kind::Number), &forth, &back));
        assert!(!alike(&Kind::Set(Box::new(Kind::Number)), &forth, &Value::List(vec![one.clone(), one])));
        let refined = Value::Unknown(bud::value::Refinement(vec![0x81, 0x01, 0xc2]));
        assert!(alike(&Kind::String, &refined, &Value::unknown()));
        assert!(!alike(&Kind::String, &refined, &Value::Null));
    }
}
