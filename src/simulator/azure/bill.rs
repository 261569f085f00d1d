//! What machines cost: how long each was paid for.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::clock::Clock;

/// The bills of all machines that ever ran, by key and then in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bills(BTreeMap<String, Vec<Bill>>);

#[derive(Clone, Debug)]
struct Bill {
    id: String,
    sku: String,
    spot: bool,
    /// Since when it is paid for; absent while it is not.
    since: Option<f64>,
    seconds: f64,
}

impl Bills {
    /// From a point of provisioning time on a machine is paid for, as this machine type.
    pub(crate) fn run(&mut self, key: &str, id: &str, sku: &str, spot: bool, now: f64) {
        let bills = self.0.entry(key.to_owned()).or_default();
        if let Some(last) = bills.last_mut()
            && last.sku == sku
        {
            last.since.get_or_insert(now);
            return;
        }
        self.pause(key, now);
        self.0.entry(key.to_owned()).or_default().push(Bill {
            id: id.to_owned(),
            sku: sku.to_owned(),
            spot,
            since: Some(now),
            seconds: 0.0,
        });
    }

    /// From a point on a machine is not paid for.
    pub(crate) fn pause(&mut self, key: &str, now: f64) {
        for bill in self.0.get_mut(key).into_iter().flatten() {
            if let Some(since) = bill.since.take() {
                bill.seconds += now - since;
            }
        }
    }

    /// The bills as the control endpoint shows them.
    pub(crate) fn shown(&self, clock: &Clock) -> Value {
        let now = clock.after(0.0);
        let machines: Vec<Value> = self
            .0
            .values()
            .flatten()
            .map(|bill| {
                json!({
                    "id": bill.id,
                    "sku": bill.sku,
                    "spot": bill.spot,
                    "billed": bill.since.is_some(),
                    "seconds": bill.seconds + bill.since.map_or(0.0, |since| now - since),
                })
            })
            .collect();
        json!({ "machines": machines })
    }
}
