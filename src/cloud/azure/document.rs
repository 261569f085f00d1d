//! Objects as Azure's JSON: read, changed and written back with everything that others put there.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::client::{Client, Failed, answer_of};
use super::error_codes;
use super::request::Call;
use super::tags::{self, Tags};
use crate::cloud::CloudError;
use crate::time::Patience;

/// How often a change is made again because somebody else was faster.
const CONTESTS: u32 = 10;

impl Client {
    /// Reads an object; none where Azure says that it, or the group around it, does not exist.
    pub(super) async fn read(
        &self,
        id: &str,
        api: &'static str,
        patience: &Patience,
    ) -> Result<Option<Value>, CloudError> {
        match Box::pin(self.send(&Call::get(id, api), patience)).await {
            Ok(success) => Ok(Some(success.body)),
            Err(failed) if answer_of(&failed.error).is_some_and(error_codes::is_missing) => Ok(None),
            Err(failed) => Err(failed.error),
        }
    }

    /// Reads a list to its last page.
    pub(super) async fn list(
        &self,
        id: &str,
        api: &'static str,
        patience: &Patience,
    ) -> Result<Vec<Value>, CloudError> {
        self.pages(Call::get(id, api), patience).await
    }

    /// The same with what the first request asks for.
    pub(super) async fn pages(&self, call: Call, patience: &Patience) -> Result<Vec<Value>, CloudError> {
        let mut found = Vec::new();
        self.each(call, &mut |one| found.push(one), patience).await?;
        Ok(found)
    }

    /// Reads a list to its last page and hands each element over, so that no more than a page is held.
    pub(super) async fn each(
        &self,
        mut call: Call,
        take: &mut (dyn FnMut(Value) + Send),
        patience: &Patience,
    ) -> Result<(), CloudError> {
        loop {
            let mut success = Box::pin(self.send(&call, patience)).await?;
            if let Some(page) = success.body.get_mut("value").and_then(Value::as_array_mut) {
                page.drain(..).for_each(&mut *take);
            }
            match success.body.get("nextLink").and_then(Value::as_str).filter(|link| !link.is_empty()) {
                None => return Ok(()),
                Some(link) => {
                    let next = success.url.join(link).map_err(|error| CloudError::Garbled {
                        url: link.to_owned(),
                        reason: error.to_string(),
                    })?;
                    call = Call::follow(next);
                }
            }
        }
    }

    /// Brings an object to what `change` makes of it; `change` answers none where nothing is to be
    /// done. `now` is what was read a moment ago. Sends the etag along, so that what somebody else
    /// wrote in between is never lost: then it is read and changed again.
    pub(super) async fn bring(
        &self,
        place: &Place<'_>,
        now: Option<&Value>,
        change: &(dyn Fn(Option<&Value>) -> Option<Value> + Sync),
        patience: &Patience,
    ) -> Result<Value, Failed> {
        let mut now = now.cloned();
        let perhaps_done = AtomicBool::new(false);
        let mut contests = 0;
        loop {
            let Some(body) = change(now.as_ref()) else { return Ok(now.unwrap_or_default()) };
            let mut call = Call::put(place.id, place.api, body);
            call.fresh_parent = place.fresh_parent;
            let etag = now.as_ref().and_then(|now| now.get("etag")?.as_str());
            call.if_match = etag.map(str::to_owned);
            match self.write(&call, patience).await {
                Ok(made) => return Ok(made),
                Err(failed) => {
                    let before = perhaps_done.fetch_or(failed.perhaps_done, Ordering::Relaxed);
                    let contested = answer_of(&failed.error).is_some_and(|answer| answer.status == 412);
                    contests += 1;
                    if !contested || contests > CONTESTS {
                        return Err(Failed { perhaps_done: before || failed.perhaps_done, ..failed });
                    }
                    now = self.read(place.id, place.api, patience).await?;
                }
            }
        }
    }

    /// Changes parts of an object that stands: `change` answers what to send, none where nothing is to
    /// be done. What somebody else wrote in between is read and judged again.
    pub(super) async fn patch(
        &self,
        id: &str,
        api: &'static str,
        mut now: Value,
        change: &(dyn Fn(&Value) -> Option<Value> + Sync),
        patience: &Patience,
    ) -> Result<Value, CloudError> {
        for contests in 0.. {
            let Some(body) = change(&now) else { return Ok(now) };
            let mut call = Call::patch(id, api, body);
            // The object was seen a moment ago, so that it is Azure's memory that lags.
            call.fresh_parent = true;
            call.if_match = now.get("etag").and_then(Value::as_str).map(str::to_owned);
            match self.write(&call, patience).await {
                Ok(made) => return Ok(made),
                Err(failed) => {
                    let contested = answer_of(&failed.error).is_some_and(|answer| answer.status == 412);
                    if !contested || contests >= CONTESTS {
                        return Err(failed.error);
                    }
                    now = self.read(id, api, patience).await?.ok_or(failed.error)?;
                }
            }
        }
        Ok(now)
    }

    /// Lays tags over those of an object, without touching anything else of it. None to do: no request.
    pub(super) async fn tag(
        &self,
        id: &str,
        api: &'static str,
        now: &Value,
        wanted: &Tags,
        dropped: &Tags,
        patience: &Patience,
    ) -> Result<Value, CloudError> {
        let has = tags::of(now);
        let shall = tags::laid_over(&has, wanted, dropped);
        if shall == has {
            return Ok(now.clone());
        }
        let body = json!({ "tags": shall });
        Ok(self.write(&Call::patch(id, api, body), patience).await?)
    }

    /// Removes an object and waits until it is gone; that it was gone already is no error.
    pub(super) async fn remove(
        &self,
        id: &str,
        api: &'static str,
        patience: &Patience,
    ) -> Result<(), CloudError> {
        match self.write(&Call::delete(id, api), patience).await {
            Ok(_) => Ok(()),
            Err(failed) if answer_of(&failed.error).is_some_and(error_codes::is_missing) => Ok(()),
            Err(failed) => Err(failed.error),
        }
    }
}

/// Where an object is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// Its id.
    pub(super) id: &'a str,
    /// Api-version.
    pub(super) api: &'static str,
    /// The group around it was made a moment ago.
    pub(super) fresh_parent: bool,
}

/// A body from one of the SDK's models.
pub(super) fn body(model: &impl Serialize) -> Value {
    // The models are plain structs of texts, numbers and lists: they always serialise.
    let mut body = serde_json::to_value(model).unwrap_or_default();
    without_nulls(&mut body);
    body
}

/// Some models write times that only Azure sets as null.
fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(entries) => {
            entries.retain(|_, entry| !entry.is_null());
            entries.values_mut().for_each(without_nulls);
        }
        Value::Array(elements) => elements.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

/// A copy without what Azure alone writes, so that it can be compared and sent back.
pub(super) fn writable(object: &Value, read_only: &[&str]) -> Value {
    let mut copy = object.clone();
    strip(&mut copy, read_only);
    copy
}

fn strip(value: &mut Value, read_only: &[&str]) {
    let Some(object) = value.as_object_mut() else { return };
    object.remove("etag");
    if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
        properties.remove("provisioningState");
        properties.remove("resourceGuid");
        for name in read_only {
            properties.remove(*name);
        }
    }
}

/// The properties of an object, made where they are missing.
pub(super) fn properties(object: &mut Value) -> &mut Map<String, Value> {
    if !object.is_object() {
        *object = json!({});
    }
    let properties = &mut object["properties"];
    if !properties.is_object() {
        *properties = json!({});
    }
    match properties {
        Value::Object(map) => map,
        // It was made an object two lines above.
        _ => unreachable!("properties are an object"),
    }
}
