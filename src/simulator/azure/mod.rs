//! Azure Resource Manager with the network and compute providers, written from Microsoft's published behaviour.
//!
//! A request passes [`gate`] (token, api-version, subscription), [`router`] finds what it is about, the
//! file of that noun carries it out on [`store`], and [`answer`] puts on the headers of every answer.

mod answer;
mod availability_set;
mod bill;
mod busy;
mod check;
mod compute;
mod delete;
mod disk;
mod draft;
mod form;
mod gate;
mod group_resources;
mod image;
mod kind;
mod list;
mod nat_gateway;
pub(crate) mod network_interface;
mod operation;
mod place;
mod poll;
mod prefix;
mod provider;
mod public_ip;
mod put;
mod read;
mod reference;
mod region;
mod reservation;
mod resource_group;
mod router;
mod security_group;
mod security_rule;
mod sku;
mod store;
mod subnet;
mod subscription;
mod tags;
mod usage;
mod virtual_network;

pub(crate) mod filter;
pub(crate) mod virtual_machine;

use super::faults::Ending;
use super::message::{Answer, Request};
use super::world::World;

pub(crate) use answer::{dressed, throttled};
pub(crate) use disk::size as disk_gib;
pub(crate) use kind::Kind;
pub(crate) use place::Place;
pub(crate) use reference::reference;
pub(crate) use sku::{Sku, restrict as restrict_skus};
pub(crate) use store::{Author, Azure, Object};
pub(crate) use usage::set as set_limits;

/// Who asks, and what the script has in mind for the operation.
#[derive(Clone, Debug)]
pub(crate) struct Circumstances {
    /// Who.
    pub(crate) author: Author,
    /// How the operation ends that the request starts, if not well.
    pub(crate) ending: Option<Ending>,
}

/// Answers one request.
pub(crate) fn handle(world: &mut World, request: &Request, circumstances: &Circumstances) -> Answer {
    if let Some(answer) = virtual_machine::console::served(world, request) {
        return answer;
    }
    let mut answer = match gate::pass(world, request, circumstances) {
        Ok(()) => router::route(world, request, circumstances),
        Err(refusal) => Err(refusal),
    }
    .unwrap_or_else(|refusal| refusal.answer());
    if circumstances.author == Author::Portal {
        world.azure.finish_all(&world.clock);
    }
    if world.quirks.upper_case_groups
        && let Some(body) = &mut answer.body
    {
        place::upper_case_groups(body);
    }
    if request.method == "HEAD" {
        answer.body = None;
    }
    dressed(answer)
}
