//! The kubeconfig of the provider: its text, or files, several of which are merged as kubectl merges them.

use std::path::Path as FilePath;

use serde_json::Value as Json;

use super::{Way, nowhere};
use crate::diagnostics::Diagnostic;
use crate::kube::kubeconfig::merge;
use crate::provider::Kubernetes;
use crate::secret::Secret;
use crate::value::Path;

/// Keys of clusters and users that name files, relative to the folder of the kubeconfig
/// (client-go, tools/clientcmd, `ResolveLocalPaths`).
const FILES: [&str; 4] = ["certificate-authority", "client-certificate", "client-key", "tokenFile"];

/// Reads what the provider block or the environment names.
pub(super) fn read(provider: &Kubernetes) -> Result<Secret, Way> {
    if let Some(text) = provider.kubeconfig.as_ref().filter(|text| !text.expose().trim().is_empty()) {
        return Ok(text.clone());
    }
    let mut texts = Vec::new();
    let mut missing = None;
    for file in &provider.files {
        match std::fs::read_to_string(file) {
            Ok(text) => texts.push(absolute(&text, file)?),
            Err(error) => missing = missing.or(Some((file, error))),
        }
    }
    match (texts.len(), missing) {
        (0, None) => Err(Way::Unusable(nowhere())),
        (0, Some((file, error))) => Err(Way::NoFile(
            Diagnostic::error("Kubeconfig cannot be read", format!("{}: {error}.", file.display()))
                .at(Path::of("kubeconfig")),
        )),
        // As with kubectl, files that are missing beside others are passed over.
        (1, _) => Ok(Secret::new(texts.remove(0))),
        _ => merge(&texts).map(Secret::new).map_err(|error| Way::Unusable(bad(&error.to_string()))),
    }
}

fn bad(reason: &str) -> Diagnostic {
    Diagnostic::error("Bad kubeconfig", format!("{reason}.")).at(Path::of("kubeconfig"))
}

/// The text with its file names made absolute: a text has no folder.
fn absolute(text: &str, file: &FilePath) -> Result<String, Way> {
    let folder = std::path::absolute(file).ok().and_then(|file| file.parent().map(FilePath::to_path_buf));
    let (Some(folder), true) =
        (folder, FILES.iter().any(|key| text.contains(key)) || text.contains("command"))
    else {
        return Ok(text.to_owned());
    };
    let mut config: Json = serde_norway::from_str(text)
        .map_err(|_| Way::Unusable(bad(&format!("{} is no YAML", file.display()))))?;
    for (list, inner) in [("clusters", "cluster"), ("users", "user")] {
        for entry in config[list].as_array_mut().into_iter().flatten() {
            for key in FILES {
                resolve(&mut entry[inner], key, &folder);
            }
            // A command with a slash in it is a path, any other is looked up in PATH.
            let command = entry[inner]["exec"]["command"].as_str().filter(|name| name.contains('/'));
            if command.is_some() {
                resolve(&mut entry[inner]["exec"], "command", &folder);
            }
            if entry[inner]["exec"].is_null()
                && let Some(user) = entry[inner].as_object_mut()
            {
                user.remove("exec");
            }
        }
    }
    Ok(config.to_string())
}

fn resolve(object: &mut Json, key: &str, folder: &FilePath) {
    if let Some(name) = object.get(key).and_then(Json::as_str).filter(|name| !name.is_empty()) {
        let path = folder.join(name).to_string_lossy().into_owned();
        object[key] = Json::String(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_become_absolute_and_commands_of_the_path_stay() {
        let text = "clusters:\n- name: a\n  cluster: {certificate-authority: ca.pem, server: https://x}\nusers:\n- name: u\n  \
                    user: {client-key: /k.pem, exec: {command: bin/login}}\n- name: v\n  user: {exec: {command: aws}}\n";
        let Ok(text) = absolute(text, FilePath::new("/etc/kube/config")) else { panic!("no kubeconfig") };
        let config: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(config["clusters"][0]["cluster"]["certificate-authority"], "/etc/kube/ca.pem");
        assert_eq!(config["users"][0]["user"]["client-key"], "/k.pem");
        assert_eq!(config["users"][0]["user"]["exec"]["command"], "/etc/kube/bin/login");
        assert_eq!(config["users"][1]["user"]["exec"]["command"], "aws");
        assert!(config["users"][1]["user"].get("client-certificate").is_none());
    }
}
