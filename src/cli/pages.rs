//! `docs`: writes the generated pages, or checks that they are current.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{out, provider, say};

pub(super) fn write(check: bool, directory: &Path, examples: &Path) -> ExitCode {
    match compare(check, directory, examples) {
        Ok(changed) if changed.is_empty() => out("The pages are current."),
        Ok(changed) if check => {
            for page in changed {
                say(&format!("not current: {}", page.display()));
            }
            say("Run `make docs`.");
            ExitCode::FAILURE
        }
        Ok(changed) => out(&format!("{} pages written.", changed.len())),
        Err(error) => {
            say(&format!("{error}"));
            ExitCode::FAILURE
        }
    }
}

/// The pages that were not current; written unless only checked. Guides are written by hand.
fn compare(check: bool, directory: &Path, examples: &Path) -> std::io::Result<Vec<PathBuf>> {
    let provider = provider();
    let mut changed = Vec::new();
    let pages = bud::resources::pages(provider.schema(), examples)?;
    for (name, text) in &pages {
        let path = directory.join(name);
        if std::fs::read_to_string(&path).ok().as_deref() == Some(text) {
            continue;
        }
        if !check {
            std::fs::create_dir_all(path.parent().unwrap_or(directory))?;
            std::fs::write(&path, text)?;
        }
        changed.push(path);
    }
    for folder in ["resources", "data-sources", "functions", "ephemeral-resources"] {
        let Ok(entries) = std::fs::read_dir(directory.join(folder)) else { continue };
        for entry in entries {
            let path = entry?.path();
            let name = path.strip_prefix(directory).map(|name| name.to_string_lossy().into_owned());
            if name.is_ok_and(|name| !pages.contains_key(&name)) {
                if !check {
                    std::fs::remove_file(&path)?;
                }
                changed.push(path);
            }
        }
    }
    Ok(changed)
}
