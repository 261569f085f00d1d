//! Whether the cloud has a machine left.

use super::super::super::faults::Ending;
use super::super::super::message::Refusal;
use super::super::super::shortage::{Lack, Wanted};
use super::super::super::world::World;
use super::super::Circumstances;
use super::super::place::Place;
use super::super::sku;
use super::super::store::Content;
use super::{is_spot, text_at, zone};

/// Decides how an operation ends that takes up a machine of the cloud; refuses where Azure knows at once.
pub(super) fn decide(
    world: &mut World,
    place: &Place,
    content: &Content,
    circumstances: &mut Circumstances,
) -> Result<(), Refusal> {
    let zone = zone(content.zones.as_ref());
    let wanted = Wanted {
        sku: text_at(&content.properties, "hardwareProfile.vmSize"),
        machine: place.name(),
        location: &content.location,
        zone: zone.unwrap_or_default(),
        spot: is_spot(&content.properties),
    };
    match world.script.lack(&wanted) {
        None => Ok(()),
        Some(Lack::SkuNotAvailable) => {
            let zones: Vec<&str> = zone.into_iter().collect();
            Err(sku::not_available(&place.id(), &content.location, &zones))
        }
        Some(lack) => {
            circumstances.ending = Some(Ending {
                status: "Failed".to_owned(),
                code: lack.code().to_owned(),
                message: lack.message().to_owned(),
            });
            Ok(())
        }
    }
}
