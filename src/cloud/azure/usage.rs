//! Counters of a subscription in a region, and what one machine or address takes of them.

use serde_json::Value;

use crate::cloud::{Answer, CloudError, Quota, SkuSeen};

/// The counters in a list of usages.
pub(super) fn all(list: &[Value]) -> Vec<Quota> {
    list.iter().filter_map(seen).collect()
}

fn seen(one: &Value) -> Option<Quota> {
    let text = |path: &str| one.pointer(path).and_then(Value::as_str);
    let count = |key: &str| {
        let value = one.get(key)?;
        // No limit at all is written as -1.
        value.as_u64().or_else(|| value.as_i64().map(|_| u64::MAX))
    };
    let name = text("/name/value")?.to_owned();
    Some(Quota {
        title: text("/name/localizedValue").unwrap_or(&name).to_owned(),
        used: one.get("currentValue").and_then(Value::as_u64).unwrap_or_default(),
        limit: count("limit")?,
        name,
    })
}

/// What one more machine takes: spot machines have a counter of their own for all families.
pub(super) fn of_machine(sku: &SkuSeen, spot: bool) -> Vec<(String, u64)> {
    let vcpus = u64::from(sku.vcpus);
    if spot {
        return vec![("lowPriorityCores".to_owned(), vcpus), ("virtualMachines".to_owned(), 1)];
    }
    vec![(sku.family.clone(), vcpus), ("cores".to_owned(), vcpus), ("virtualMachines".to_owned(), 1)]
}

/// What one more public address takes.
pub(super) fn of_address() -> Vec<(String, u64)> {
    ["StandardSkuPublicIpAddresses", "StaticPublicIPAddresses", "PublicIPAddresses"]
        .into_iter()
        .map(|name| (name.to_owned(), 1))
        .collect()
}

/// The counter that does not allow what is needed, as an error; none where all do.
pub(super) fn exhausted(
    quotas: &[Quota],
    needs: &[(String, u64)],
    location: &str,
    answer: &Answer,
) -> Option<CloudError> {
    needs.iter().find_map(|(name, needed)| {
        let quota = quotas.iter().find(|quota| quota.name.eq_ignore_ascii_case(name))?;
        (quota.used.saturating_add(*needed) > quota.limit).then(|| CloudError::Quota {
            name: quota.name.clone(),
            title: quota.title.clone(),
            location: location.to_owned(),
            limit: quota.limit,
            used: quota.used,
            needed: *needed,
            answer: Box::new(answer.clone()),
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_counter_at_its_limit_is_named() {
        let list = [
            json!({ "name": { "value": "cores", "localizedValue": "Total Regional vCPUs" }, "currentValue": 96, "limit": 100 }),
            json!({ "name": { "value": "virtualMachines" }, "currentValue": 4, "limit": -1 }),
        ];
        let quotas = all(&list);
        assert_eq!((quotas[0].used, quotas[0].limit), (96, 100));
        assert_eq!((quotas[1].title.as_str(), quotas[1].limit), ("virtualMachines", u64::MAX));
        let answer = Answer {
            status: 409,
            code: "OperationNotAllowed".to_owned(),
            message: String::new(),
            target: None,
            details: Vec::new(),
            retry_after: None,
            request_id: None,
        };
        let needs = |cores| [("CORES".to_owned(), cores), ("virtualMachines".to_owned(), 1)];
        assert_eq!(exhausted(&quotas, &needs(4), "westeurope", &answer), None);
        let Some(CloudError::Quota { name, limit, used, needed, .. }) =
            exhausted(&quotas, &needs(24), "westeurope", &answer)
        else {
            panic!("no quota")
        };
        assert_eq!((name.as_str(), limit, used, needed), ("cores", 100, 96, 24));
    }
}
