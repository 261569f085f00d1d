//! Images of the marketplace, and of galleries.

use serde_json::{Map, Value, json};

use super::super::message::{Answer, Refusal, Request};
use super::region;

/// What a machine is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// `V1` or `V2`.
    pub(crate) generation: &'static str,
    pub(crate) architecture: &'static str,
    pub(crate) trusted_launch: bool,
    /// Disk controllers that it can boot from.
    pub(crate) controllers: &'static [&'static str],
    /// Size of its disk in GiB.
    pub(crate) size: u64,
    /// The version that `latest` stands for; empty for images of galleries.
    pub(crate) version: String,
}

/// Offer, SKU, generation, architecture, versions from old to new. All of publisher Canonical.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

const PUBLISHER: &str = "Canonical";

const NOBLE: &[&str] =
    &["24.04.202404230", "24.04.202409120", "24.04.202502210", "24.04.202508140", "24.04.202510140"];
const JAMMY: &[&str] = &["22.04.202404090", "22.04.202508130", "22.04.202510160"];

const ROWS: &[Row] = &[
    ("ubuntu-24_04-lts", "server", "V2", "x64", NOBLE),
    ("ubuntu-24_04-lts", "server-gen1", "V1", "x64", NOBLE),
    ("ubuntu-24_04-lts", "server-arm64", "V2", "Arm64", NOBLE),
    ("ubuntu-24_04-lts", "minimal", "V2", "x64", NOBLE),
    ("ubuntu-24_04-lts", "minimal-gen1", "V1", "x64", NOBLE),
    ("0001-com-ubuntu-server-jammy", "22_04-lts", "V1", "x64", JAMMY),
    ("0001-com-ubuntu-server-jammy", "22_04-lts-gen2", "V2", "x64", JAMMY),
];

fn row(publisher: &str, offer: &str, sku: &str) -> Option<&'static Row> {
    ROWS.iter()
        .filter(|_| publisher.eq_ignore_ascii_case(PUBLISHER))
        .find(|(known, name, ..)| known.eq_ignore_ascii_case(offer) && name.eq_ignore_ascii_case(sku))
}

fn of(row: &Row, version: &str) -> Image {
    let second = row.2 == "V2";
    Image {
        generation: row.2,
        architecture: row.3,
        trusted_launch: second && row.3 == "x64",
        controllers: if second { &["SCSI", "NVMe"] } else { &["SCSI"] },
        size: 30,
        version: version.to_owned(),
    }
}

/// The image of an `imageReference`.
pub(crate) fn find(reference: &Map<String, Value>) -> Result<Image, Refusal> {
    let text = |name: &str| reference.get(name).and_then(Value::as_str).unwrap_or_default();
    if !text("id").is_empty() {
        return gallery(text("id"));
    }
    for name in ["publisher", "offer", "sku", "version"] {
        if text(name).is_empty() {
            let path = format!("storageProfile.imageReference.{name}");
            let message = format!("Required parameter '{path}' is missing (null).");
            return Err(Refusal::bad("InvalidParameter", message).target(&path));
        }
    }
    let wanted = text("version");
    let found = row(text("publisher"), text("offer"), text("sku")).and_then(|row| {
        let version = if wanted.eq_ignore_ascii_case("latest") {
            row.4.last()
        } else {
            row.4.iter().find(|version| **version == wanted)
        };
        version.map(|version| of(row, version))
    });
    found.ok_or_else(|| {
        let message = format!(
            "The platform image '{}:{}:{}:{wanted}' is not available. Verify that all fields in the storage profile are \
             correct. For more details about storage profile information, please refer to https://aka.ms/storageprofile",
            text("publisher"),
            text("offer"),
            text("sku")
        );
        Refusal::new(404, "PlatformImageNotFound", message).target("imageReference")
    })
}

/// Images of galleries are taken on trust: second generation, both controllers.
fn gallery(id: &str) -> Result<Image, Refusal> {
    let lower = id.to_lowercase();
    let known = lower.contains("/providers/microsoft.compute/galleries/") && lower.contains("/images/")
        || lower.contains("/providers/microsoft.compute/images/")
        || lower.starts_with("/communitygalleries/")
        || lower.starts_with("/sharedgalleries/");
    if !known {
        let message = format!("The value '{id}' of parameter imageReference.id is invalid.");
        return Err(Refusal::bad("InvalidParameter", message).target("imageReference.id"));
    }
    Ok(Image {
        generation: "V2",
        architecture: "x64",
        trusted_launch: true,
        controllers: &["SCSI", "NVMe"],
        size: 30,
        version: String::new(),
    })
}

/// `GET …/locations/{location}/publishers/…`; the rest of the path in `path`.
pub(crate) fn list(
    request: &Request,
    subscription: &str,
    location: &str,
    path: &[&str],
) -> Result<Answer, Refusal> {
    let Some(location) = region::canonical(location) else {
        let message = format!("The location '{location}' was not found.");
        return Err(Refusal::new(404, "NotFound", message));
    };
    let root =
        format!("/Subscriptions/{subscription}/Providers/Microsoft.Compute/Locations/{location}/Publishers");
    let entry = |name: &str, id: String| json!({ "location": location, "name": name, "id": id });
    let missing = || Refusal::new(404, "NotFound", "Artifact: VMImage was not found.");
    let canonical = |publisher: &str| publisher.eq_ignore_ascii_case(PUBLISHER);
    let items: Vec<Value> = match path {
        [] => vec![entry(PUBLISHER, format!("{root}/{PUBLISHER}"))],
        [publisher, "artifacttypes", "vmimage", "offers"] if canonical(publisher) => {
            let mut offers: Vec<&str> = ROWS.iter().map(|row| row.0).collect();
            offers.sort_unstable();
            offers.dedup();
            offers
                .iter()
                .map(|offer| entry(offer, format!("{root}/{PUBLISHER}/ArtifactTypes/VMImage/Offers/{offer}")))
                .collect()
        }
        [publisher, "artifacttypes", "vmimage", "offers", offer, "skus"] if canonical(publisher) => ROWS
            .iter()
            .filter(|row| row.0.eq_ignore_ascii_case(offer))
            .map(|row| {
                let id = format!("{root}/{PUBLISHER}/ArtifactTypes/VMImage/Offers/{}/Skus/{}", row.0, row.1);
                entry(row.1, id)
            })
            .collect(),
        [publisher, "artifacttypes", "vmimage", "offers", offer, "skus", sku, "versions", rest @ ..] => {
            let row = row(publisher, offer, sku).ok_or_else(missing)?;
            let address = |version: &str| {
                format!(
                    "{root}/{PUBLISHER}/ArtifactTypes/VMImage/Offers/{}/Skus/{}/Versions/{version}",
                    row.0, row.1
                )
            };
            match rest {
                [] => {
                    let mut versions = row.4.to_vec();
                    let order = request.parameter("$orderby").unwrap_or_default().to_lowercase();
                    if order.ends_with("desc") {
                        versions.reverse();
                    }
                    let top = request.parameter("$top").and_then(|top| top.parse().ok());
                    versions.truncate(top.unwrap_or(usize::MAX));
                    versions.iter().map(|version| entry(version, address(version))).collect()
                }
                [version] => {
                    let version = row.4.iter().find(|known| *known == version).ok_or_else(missing)?;
                    return Ok(Answer::json(200, shown(row, version, location, &address(version))));
                }
                _ => return Err(missing()),
            }
        }
        _ => return Err(missing()),
    };
    Ok(Answer::json(200, Value::Array(items)))
}

fn shown(row: &Row, version: &str, location: &str, id: &str) -> Value {
    let image = of(row, version);
    let mut features = vec![json!({ "name": "DiskControllerTypes", "value": image.controllers.join(", ") })];
    if image.trusted_launch {
        features.push(json!({ "name": "SecurityType", "value": "TrustedLaunchSupported" }));
    }
    json!({
        "location": location,
        "name": version,
        "id": id,
        "properties": {
            "osDiskImage": { "operatingSystem": "Linux", "sizeInGb": image.size + 1 },
            "dataDiskImages": [],
            "automaticOSUpgradeProperties": { "automaticOSUpgradeSupported": false },
            "hyperVGeneration": image.generation,
            "architecture": image.architecture,
            "features": features,
            "disallowed": { "vmDiskType": "Unmanaged" },
            "imageDeprecationStatus": { "imageState": "Active" },
        },
    })
}
