//! The flake: its one input with revision and hash, and one configuration for each distinct system.

use super::nix::{Nix, Nul, expression};
use super::pin::{Pin, Source};

/// `flake.nix` for the systems of these names.
pub(super) fn flake(pin: &Pin, systems: &[&str]) -> Result<String, Nul> {
    let url = expression(&Nix::from(match &pin.source {
        Source::GitHub { revision } => format!("github:NixOS/nixpkgs/{revision}"),
        Source::Tarball { url } => url.clone(),
    }))?;
    let mut out = format!(
        "{{\n  inputs.nixpkgs.url = {url};\n\n  outputs = {{ nixpkgs, ... }}: {{\n    nixosConfigurations = {{\n"
    );
    for system in systems {
        let name = expression(&Nix::from(*system))?;
        out.push_str(&format!(
            "      {name} = nixpkgs.lib.nixosSystem {{ modules = [ ./systems/{system}/configuration.nix ]; }};\n"
        ));
    }
    out.push_str("    };\n  };\n}\n");
    Ok(out)
}

/// `flake.lock`.
pub(super) fn lock(pin: &Pin) -> String {
    let original = match &pin.source {
        Source::GitHub { revision } => serde_json::json!({
            "owner": "NixOS", "repo": "nixpkgs", "rev": revision, "type": "github",
        }),
        Source::Tarball { url } => serde_json::json!({ "type": "tarball", "url": url }),
    };
    let mut locked = original.clone();
    locked["narHash"] = pin.hash.as_str().into();
    if let Some(time) = pin.last_modified {
        locked["lastModified"] = time.into();
    }
    let lock = serde_json::json!({
        "nodes": {
            "nixpkgs": { "locked": locked, "original": original },
            "root": { "inputs": { "nixpkgs": "nixpkgs" } },
        },
        "root": "root",
        "version": 7,
    });
    format!("{lock:#}\n")
}

/// What a system's digest knows of the pin.
pub(super) fn identity(pin: &Pin) -> String {
    let source = match &pin.source {
        Source::GitHub { revision } => revision,
        Source::Tarball { url } => url,
    };
    format!("{source}\n{}\n", pin.hash)
}
