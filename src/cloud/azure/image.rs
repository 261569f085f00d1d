//! Images: which version is the newest, and what a machine made of it may have.

use azure_mgmt_compute::package_2024_07_01::models::{ImageReference, SubResource};
use serde_json::Value;

use super::client::Client;
use super::ids;
use super::request::{COMPUTE, Call, GALLERIES};
use crate::cloud::{CloudError, Image};
use crate::time::Patience;

/// What is known of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    /// The image with its exact version.
    pub(super) image: Image,
    /// Whether it boots by UEFI.
    pub(super) generation2: bool,
    /// Whether a machine made of it can be launched trusted.
    pub(super) trusted_launch: bool,
}

/// A key for an image in a region.
pub(super) fn key(image: &Image, location: &str) -> String {
    match image {
        Image::Id(id) => format!("{location} {id}"),
        Image::Catalogue { publisher, offer, sku, version } => {
            format!("{location} {publisher}:{offer}:{sku}:{}", version.as_deref().unwrap_or("latest"))
        }
    }
}

/// The reference in a machine's body.
pub(super) fn reference(image: &Image) -> ImageReference {
    match image {
        Image::Id(id) => {
            ImageReference { sub_resource: SubResource { id: Some(id.clone()) }, ..ImageReference::default() }
        }
        Image::Catalogue { publisher, offer, sku, version } => ImageReference {
            publisher: Some(publisher.clone()),
            offer: Some(offer.clone()),
            sku: Some(sku.clone()),
            version: Some(version.clone().unwrap_or_else(|| "latest".to_owned())),
            ..ImageReference::default()
        },
    }
}

/// The image of a machine with its exact version.
pub(super) fn of_machine(machine: &Value) -> Option<Image> {
    let reference = machine.pointer("/properties/storageProfile/imageReference")?;
    let text = |key: &str| reference.get(key).and_then(Value::as_str).map(str::to_owned);
    if let Some(id) = text("id") {
        return Some(Image::Id(id));
    }
    Some(Image::Catalogue {
        publisher: text("publisher")?,
        offer: text("offer")?,
        sku: text("sku")?,
        version: text("exactVersion").or_else(|| text("version").filter(|version| version != "latest")),
    })
}

/// Whether a machine's image is one that the plan allows, whatever its version where none is named.
pub(super) fn fits(has: Option<&Image>, wanted: &Image) -> bool {
    match (has, wanted) {
        // Images that are gone are not shown any more.
        (None, _) => true,
        (Some(Image::Id(has)), Image::Id(wanted)) => ids::same(has, wanted),
        (
            Some(Image::Catalogue { publisher, offer, sku, version }),
            Image::Catalogue { publisher: publisher2, offer: offer2, sku: sku2, version: version2 },
        ) => {
            publisher.eq_ignore_ascii_case(publisher2)
                && offer.eq_ignore_ascii_case(offer2)
                && sku.eq_ignore_ascii_case(sku2)
                && (version2.is_none() || version.is_none() || version == version2)
        }
        _ => false,
    }
}

impl Client {
    /// Finds out about an image; the newest version where none is named.
    pub(super) async fn image(
        &self,
        image: &Image,
        location: &str,
        patience: &Patience,
    ) -> Result<Facts, CloudError> {
        match image {
            Image::Id(id) => self.kept_image(id, patience).await,
            Image::Catalogue { publisher, offer, sku, version } => {
                let versions = format!(
                    "/subscriptions/{}/providers/Microsoft.Compute/locations/{location}/publishers/{publisher}\
                     /artifacttypes/vmimage/offers/{offer}/skus/{sku}/versions",
                    self.subscription
                );
                let exact = match version {
                    Some(version) => version.clone(),
                    None => self.newest(&versions, patience).await?,
                };
                let details =
                    self.send(&Call::get(&format!("{versions}/{exact}"), COMPUTE), patience).await?.body;
                let image = Image::Catalogue {
                    publisher: publisher.clone(),
                    offer: offer.clone(),
                    sku: sku.clone(),
                    version: Some(exact),
                };
                Ok(facts(image, &details))
            }
        }
    }

    /// The list has no order that counts: versions are numbers with dots.
    async fn newest(&self, versions: &str, patience: &Patience) -> Result<String, CloudError> {
        let success = self.send(&Call::get(versions, COMPUTE), patience).await?;
        let list = success.body.as_array().or_else(|| success.body.get("value")?.as_array());
        let names = list.into_iter().flatten().filter_map(|one| one.get("name")?.as_str());
        names.max_by_key(|name| ordered(name)).map(str::to_owned).ok_or_else(|| CloudError::Garbled {
            url: super::request::shown(&success.url),
            reason: "it lists no version of the image".to_owned(),
        })
    }

    /// An image of a gallery, whose definition tells; others are of the old kind.
    async fn kept_image(&self, id: &str, patience: &Patience) -> Result<Facts, CloudError> {
        let image = Image::Id(id.to_owned());
        let segments: Vec<&str> = id.trim_end_matches('/').split('/').collect();
        let gallery = segments.get(7).is_some_and(|kind| kind.eq_ignore_ascii_case("galleries"));
        if !gallery || segments.len() < 11 {
            return Ok(Facts { image, generation2: false, trusted_launch: false });
        }
        let definition = segments[..11].join("/");
        // Whether it exists at all is said by Azure where a machine is made of it.
        let details = self.read(&definition, GALLERIES, patience).await?;
        Ok(facts(image, &details.unwrap_or_default()))
    }
}

fn facts(image: Image, details: &Value) -> Facts {
    let text = |path: &str| details.pointer(path).and_then(Value::as_str).unwrap_or_default();
    let features = details.pointer("/properties/features").and_then(Value::as_array);
    let security = features.into_iter().flatten().find_map(|feature| {
        let name = feature.get("name")?.as_str()?;
        name.eq_ignore_ascii_case("SecurityType").then(|| feature.get("value")?.as_str()).flatten()
    });
    let generation2 = text("/properties/hyperVGeneration").eq_ignore_ascii_case("V2");
    // TrustedLaunch, TrustedLaunchSupported, TrustedLaunchAndConfidentialVmSupported.
    let trusted = security.is_some_and(|word| word.to_ascii_lowercase().starts_with("trustedlaunch"));
    Facts { image, generation2, trusted_launch: generation2 && trusted }
}

fn ordered(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ubuntu(version: Option<&str>) -> Image {
        Image::Catalogue {
            publisher: "Canonical".to_owned(),
            offer: "ubuntu-24_04-lts".to_owned(),
            sku: "server".to_owned(),
            version: version.map(str::to_owned),
        }
    }

    #[test]
    fn versions_are_numbers() {
        let newest =
            ["24.04.202409120", "24.04.202501010", "9.9.9"].into_iter().max_by_key(|one| ordered(one));
        assert_eq!(newest, Some("24.04.202501010"));
    }

    #[test]
    fn what_an_image_may_have_is_read() {
        let details = |security: &str| {
            json!({ "properties": { "hyperVGeneration": "V2", "features": [
                { "name": "DiskControllerTypes", "value": "SCSI, NVMe" },
                { "name": "SecurityType", "value": security },
            ] } })
        };
        assert!(facts(ubuntu(None), &details("TrustedLaunchSupported")).trusted_launch);
        assert!(!facts(ubuntu(None), &details("None")).trusted_launch);
        let old = json!({ "properties": { "hyperVGeneration": "V1" } });
        let old = facts(ubuntu(None), &old);
        assert!(!old.trusted_launch && !old.generation2);
    }

    #[test]
    fn a_machine_keeps_its_version() {
        let machine = json!({ "properties": { "storageProfile": { "imageReference": {
            "publisher": "canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest",
            "exactVersion": "24.04.1"
        } } } });
        let has = of_machine(&machine);
        assert!(fits(has.as_ref(), &ubuntu(None)) && fits(has.as_ref(), &ubuntu(Some("24.04.1"))));
        assert!(
            !fits(has.as_ref(), &ubuntu(Some("24.04.2"))) && !fits(has.as_ref(), &Image::Id("/x".into()))
        );
    }
}
