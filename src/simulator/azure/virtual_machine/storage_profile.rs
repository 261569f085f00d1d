//! The image and the disks of a virtual machine.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::super::message::Refusal;
use super::super::super::world::World;
use super::super::disk;
use super::super::draft::Draft;
use super::super::image::{self, Image};
use super::super::kind::Kind;
use super::super::place::Place;
use super::super::sku::Sku;
use super::super::store::{Content, Object};
use super::{Power, at, invalid, missing, text_at, zone};

/// All disks of a description, the one with the operating system first.
pub(crate) fn disks(properties: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    let data = at(properties, "storageProfile.dataDisks").and_then(Value::as_array);
    at(properties, "storageProfile.osDisk").into_iter().chain(data.into_iter().flatten())
}

/// The object behind a disk of a description.
pub(crate) fn place_of(disk: &Value) -> Option<Place> {
    Place::parse(disk["managedDisk"]["id"].as_str()?)
}

/// What the machine is made of; the version that `latest` stands for is remembered.
pub(super) fn image(world: &World, draft: &mut Draft, existing: Option<&Object>) -> Result<Image, Refusal> {
    let properties = &mut draft.content.properties;
    if !properties.contains_key("storageProfile") {
        return Err(missing("storageProfile"));
    }
    if text_at(properties, "storageProfile.osDisk.createOption") == "Attach" {
        let place = at(properties, "storageProfile.osDisk").and_then(place_of);
        let Some(place) = place else { return Err(missing("storageProfile.osDisk.managedDisk.id")) };
        let found = world.azure.get(&place).ok_or_else(|| no_disk(&place))?;
        let second = found.text("hyperVGeneration") == Some("V2");
        return Ok(Image {
            generation: if second { "V2" } else { "V1" },
            architecture: "x64",
            trusted_launch: second,
            controllers: &["SCSI", "NVMe"],
            size: 1,
            version: String::new(),
        });
    }
    let Some(reference) = properties
        .get_mut("storageProfile")
        .and_then(|profile| profile.get_mut("imageReference"))
        .and_then(Value::as_object_mut)
    else {
        return Err(missing("storageProfile.imageReference"));
    };
    // An image that was taken back does not matter to a machine that was made of it.
    let image = image::find(reference)?;
    let remembered = existing
        .map(|existing| text_at(&existing.content.properties, "storageProfile.imageReference.exactVersion"))
        .filter(|version| !version.is_empty());
    let version = remembered.map_or_else(|| image.version.clone(), str::to_owned);
    if !version.is_empty() {
        reference.insert("exactVersion".into(), json!(version));
    }
    Ok(image)
}

fn no_disk(place: &Place) -> Refusal {
    Refusal::new(404, "NotFound", format!("Disk {} is not found.", place.name())).target("managedDisk.id")
}

/// Where the disk with the operating system comes from.
fn source(shelf: &Shelf<'_>, reference: Option<&Value>, image: &Image) -> Value {
    let text = |name: &str| reference.and_then(|image| image[name].as_str()).unwrap_or_default();
    if !text("id").is_empty() {
        return json!({ "createOption": "FromImage", "galleryImageReference": { "id": text("id") } });
    }
    let id = format!(
        "/Subscriptions/{}/Providers/Microsoft.Compute/Locations/{}/Publishers/{}/ArtifactTypes/VMImage/Offers/{}/Skus/{}/\
         Versions/{}",
        shelf.machine.subscription,
        shelf.location,
        text("publisher"),
        text("offer"),
        text("sku"),
        image.version
    );
    json!({ "createOption": "FromImage", "imageReference": { "id": id } })
}

/// What all disks of one machine have in common.
struct Shelf<'a> {
    world: &'a World,
    machine: Place,
    location: String,
    zones: Option<Value>,
    sku: Sku,
    existing: Option<&'a Object>,
    made: Vec<Draft>,
}

/// Checks the disks, names those that are to be made and returns them.
pub(super) fn prepare(
    world: &World,
    draft: &mut Draft,
    sku: Sku,
    image: &Image,
    existing: Option<&Object>,
) -> Result<Vec<Draft>, Refusal> {
    let mut shelf = Shelf {
        world,
        machine: draft.place.clone(),
        location: draft.content.location.clone(),
        zones: draft.content.zones.clone(),
        sku,
        existing,
        made: Vec::new(),
    };
    let reference = at(&draft.content.properties, "storageProfile.imageReference").cloned();
    let Some(profile) = draft.content.properties.get_mut("storageProfile").and_then(Value::as_object_mut)
    else {
        return Err(missing("storageProfile"));
    };
    if let Some(os) = profile.get_mut("osDisk") {
        os["osType"] = json!("Linux");
        let source = source(&shelf, reference.as_ref(), image);
        let name = format!("{}_OsDisk_1_{}", shelf.machine.name(), Uuid::new_v4().simple());
        let extra =
            json!({ "osType": "Linux", "hyperVGeneration": image.generation, "creationData": source });
        shelf.settle("osDisk", os, &name, i64::try_from(image.size).unwrap_or(i64::MAX), &extra)?;
    }
    let Some(items) = profile.entry("dataDisks").or_insert_with(|| json!([])).as_array_mut() else {
        return Err(invalid("storageProfile.dataDisks"));
    };
    items.retain(|item| item["toBeDetached"] != true);
    if items.len() > usize::try_from(sku.data_disks()).unwrap_or(usize::MAX) {
        let message = format!(
            "The maximum number of data disks allowed to be attached to a VM of this size is {}.",
            sku.data_disks()
        );
        return Err(Refusal::new(409, "OperationNotAllowed", message).target("dataDisks"));
    }
    let mut luns: Vec<i64> = Vec::new();
    for item in items.iter_mut() {
        let lun = item["lun"].as_i64().unwrap_or(-1);
        if !(0..64).contains(&lun) {
            return Err(invalid("dataDisk.lun"));
        }
        if luns.contains(&lun) {
            let message = format!("A disk at LUN {lun} already exists.");
            return Err(Refusal::bad("InvalidParameter", message).target("dataDisk.lun"));
        }
        luns.push(lun);
        let name = format!("{}_disk{}_{}", shelf.machine.name(), lun + 2, Uuid::new_v4().simple());
        shelf.settle("dataDisk", item, &name, 1, &json!({ "creationData": { "createOption": "Empty" } }))?;
        item["toBeDetached"] = json!(false);
    }
    Ok(shelf.made)
}

impl Shelf<'_> {
    /// Finds the object of one disk, or has it made.
    fn settle(
        &mut self,
        path: &str,
        item: &mut Value,
        name: &str,
        least: i64,
        extra: &Value,
    ) -> Result<(), Refusal> {
        let origin = item["createOption"].as_str().unwrap_or_default().to_owned();
        if origin == "Copy" || origin == "Restore" || path == "dataDisk" && origin == "FromImage" {
            let message =
                format!("Azure knows createOption '{origin}', but this simulator does not model it.");
            return Err(Refusal::new(501, "NotModelledBySimulator", message));
        }
        item.as_object_mut().map(|item| item.entry("deleteOption").or_insert(json!("Detach")));
        let cached = if path == "osDisk" { "ReadWrite" } else { "None" };
        item.as_object_mut().map(|item| item.entry("caching").or_insert(json!(cached)));
        // A disk that is asked for by name is the machine's own one of that name.
        let own = self.own(path, item);
        let attached = place_of(item).or(own);
        let found = match &attached {
            Some(place) if place.kind == Kind::Disk => {
                Some(self.world.azure.get(place).ok_or_else(|| no_disk(place))?)
            }
            Some(_) => return Err(invalid(&format!("{path}.managedDisk.id"))),
            None if origin == "Attach" => return Err(missing(&format!("{path}.managedDisk.id"))),
            None => None,
        };
        if let Some(found) = found {
            self.check_found(path, item, found)?;
            item["managedDisk"]["id"] = json!(found.id());
            item["managedDisk"]["storageAccountType"] = json!(disk::sku(found));
            item["name"] = json!(found.name());
            return self.grow(path, item, found);
        }
        self.make(path, item, name, least, extra)
    }

    /// The disk that the machine already has under the name, or at the place, of a disk of a body.
    fn own(&self, path: &str, item: &Value) -> Option<Place> {
        let properties = &self.existing?.content.properties;
        if path == "osDisk" {
            return at(properties, "storageProfile.osDisk").and_then(place_of);
        }
        let same = |known: &&Value| match item["name"].as_str() {
            Some(name) => known["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name)),
            None => known["lun"] == item["lun"],
        };
        disks(properties).skip(1).find(same).and_then(place_of)
    }

    fn check_found(&self, path: &str, item: &Value, found: &Object) -> Result<(), Refusal> {
        let owner = self.world.azure.machine_of(&found.place);
        if let Some(owner) = owner.filter(|owner| owner.place.key() != self.machine.key()) {
            let message = format!(
                "Disk '{}' cannot be attached as the disk is already owned by VM '{}'.",
                found.id(),
                owner.id()
            );
            return Err(Refusal::new(409, "ConflictingUserInput", message).target(path));
        }
        let here = self.existing.and_then(|existing| {
            disks(&existing.content.properties)
                .find(|known| place_of(known).is_some_and(|place| place.key() == found.place.key()))
        });
        match here {
            Some(known) if known["createOption"] != item["createOption"] => {
                return Err(super::change::refused(&format!("{path}.createOption")));
            }
            Some(known) if path == "dataDisk" && known["lun"] != item["lun"] => {
                return Err(super::change::refused("dataDisk.lun"));
            }
            None if item["createOption"] != "Attach" => {
                return Err(Refusal::bad("InvalidParameter", format!(
                    "Parameter '{path}.managedDisk.id' is not allowed: a disk that exists is attached with createOption 'Attach'."
                )).target(&format!("{path}.managedDisk.id")));
            }
            _ => {}
        }
        let apart = zone(found.content.zones.as_ref());
        if apart.is_some() && apart != zone(self.zones.as_ref()) {
            let message = format!(
                "Disk {} cannot be attached to the VM because it is not in zone '{}'.",
                found.id(),
                zone(self.zones.as_ref()).unwrap_or_default()
            );
            return Err(Refusal::bad("BadRequest", message).target(path));
        }
        if apart.is_none() && zone(self.zones.as_ref()).is_some() && !disk::sku(found).ends_with("ZRS") {
            let message = format!(
                "Disk {} cannot be attached to the VM because the disk is regional and the VM is in a zone.",
                found.id()
            );
            return Err(Refusal::bad("BadRequest", message).target(path));
        }
        self.check_tier(found.name(), disk::sku(found))
    }

    fn check_tier(&self, name: &str, tier: &str) -> Result<(), Refusal> {
        if self.sku.family.premium || !tier.starts_with("Premium") {
            return Ok(());
        }
        let message = format!(
            "Requested operation cannot be performed because the VM size {} does not support the storage account type {tier} \
             of disk '{name}'. Consider updating the VM to a size that supports Premium storage.",
            self.sku.name()
        );
        Err(Refusal::bad("InvalidParameter", message).target("managedDisk.storageAccountType"))
    }

    /// A size in the body that is larger than the disk's grows it.
    fn grow(&mut self, path: &str, item: &mut Value, found: &Object) -> Result<(), Refusal> {
        let size = disk::size(found);
        let Some(wanted) = item["diskSizeGB"].as_i64() else {
            item["diskSizeGB"] = json!(size);
            return Ok(());
        };
        if wanted < size {
            let message = format!(
                "New disk size must be greater than the previous size: {size} is larger than {wanted}. This can lead to loss \
                 of data, so disk size reduction is not supported."
            );
            return Err(Refusal::bad("BadRequest", message).target(&format!("{path}.diskSizeGB")));
        }
        if wanted == size {
            return Ok(());
        }
        let state = self.existing.and_then(|existing| existing.machine.as_ref());
        if state.is_some_and(|state| state.provisioned && state.power != Power::Deallocated) {
            let message = format!(
                "Resizing {} is allowed only when creating a VM or when the VM is deallocated.",
                if path == "osDisk" { "OS disk" } else { "data disk" }
            );
            return Err(
                Refusal::new(409, "OperationNotAllowed", message).target(&format!("{path}.diskSizeGB"))
            );
        }
        let mut content = found.content.clone();
        content.properties.insert("diskSizeGB".into(), json!(wanted));
        self.made.push(Draft { place: found.place.clone(), content, children: None });
        Ok(())
    }

    fn make(
        &mut self,
        path: &str,
        item: &mut Value,
        name: &str,
        least: i64,
        extra: &Value,
    ) -> Result<(), Refusal> {
        let name = item["name"].as_str().unwrap_or(name).to_owned();
        let place = Place { kind: Kind::Disk, names: vec![name.clone()], ..self.machine.clone() };
        if !Kind::Disk.accepts_name(&name) {
            return Err(invalid(&format!("{path}.name")));
        }
        let twice = self.made.iter().any(|made| made.place.key() == place.key());
        if twice || self.world.azure.get(&place).is_some() {
            let message = format!(
                "Disk {name} already exists in resource group {}. Only CreateOption.Attach is supported.",
                place.group.to_uppercase()
            );
            return Err(Refusal::new(409, "ConflictingUserInput", message)
                .target(&format!("/subscriptions/{}", place.subscription)));
        }
        let Some(size) = item["diskSizeGB"].as_i64().or_else(|| (path == "osDisk").then_some(least)) else {
            return Err(missing(&format!("{path}.diskSizeGB")));
        };
        if size < least {
            let message = format!(
                "The specified disk size {size} GB is smaller than the size of the corresponding disk in the VM image: {least} \
                 GB. This is not allowed. Please choose equal or greater size or do not specify an explicit size."
            );
            return Err(
                Refusal::new(409, "OperationNotAllowed", message).target(&format!("{path}.diskSizeGB"))
            );
        }
        if size > 32_767 {
            return Err(invalid(&format!("{path}.diskSizeGB")));
        }
        let standard = if self.sku.family.premium { "Premium_LRS" } else { "Standard_LRS" };
        let tier = item["managedDisk"]["storageAccountType"].as_str().unwrap_or(standard).to_owned();
        self.check_tier(&name, &tier)?;
        let mut content = Content {
            location: self.location.clone(),
            sku: Some(json!({ "name": tier })),
            // A disk of the redundant kind stands in all zones.
            zones: self.zones.clone().filter(|_| !tier.ends_with("ZRS")),
            ..Content::default()
        };
        content.properties.extend(extra.as_object().cloned().unwrap_or_default());
        content.properties.insert("diskSizeGB".into(), json!(size));
        item["name"] = json!(name);
        item["diskSizeGB"] = json!(size);
        item["managedDisk"] = json!({ "id": place.id(), "storageAccountType": tier });
        self.made.push(Draft { place, content, children: None });
        Ok(())
    }
}
