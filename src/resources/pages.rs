//! The generated documentation: one page for the provider, each type and each function.

use std::collections::BTreeMap;
use std::path::Path;

use crate::schema::ProviderSchema;
use crate::schema::page::{self, Heading};

/// Every generated page by its path below `docs/`; examples are read from the given folder.
///
/// # Errors
/// When an example is there and cannot be read.
pub fn pages(schema: &ProviderSchema, examples: &Path) -> std::io::Result<BTreeMap<String, String>> {
    let example = |path: String| -> std::io::Result<Option<String>> {
        match std::fs::read_to_string(examples.join(path)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    };
    let mut pages = BTreeMap::new();
    let shown = example("provider/provider.tf".into())?;
    let heading = Heading { kind: "Provider", name: "bud" };
    pages.insert("index.md".to_owned(), page::block(heading, &schema.provider, shown.as_deref(), &[]));
    for (name, resource) in &schema.resources {
        let shown = example(format!("resources/{name}/resource.tf"))?;
        let mut import = Vec::new();
        let by_id = example(format!("resources/{name}/import.sh"))?;
        let by_identity = example(format!("resources/{name}/import-by-identity.tf"))?;
        if let Some(text) = &by_id {
            import.push(("shell", text.as_str()));
        }
        if let Some(text) = &by_identity {
            import.push(("terraform", text.as_str()));
        }
        let heading = Heading { kind: "Resource", name };
        let file = format!("resources/{}.md", name.trim_start_matches("bud_"));
        pages.insert(file, page::block(heading, &resource.block, shown.as_deref(), &import));
    }
    for (name, data) in &schema.data_sources {
        let shown = example(format!("data-sources/{name}/data-source.tf"))?;
        let heading = Heading { kind: "Data Source", name };
        let file = format!("data-sources/{}.md", name.trim_start_matches("bud_"));
        pages.insert(file, page::block(heading, &data.block, shown.as_deref(), &[]));
    }
    for (name, ephemeral) in &schema.ephemerals {
        let shown = example(format!("ephemeral-resources/{name}/ephemeral-resource.tf"))?;
        let heading = Heading { kind: "Ephemeral Resource", name };
        let file = format!("ephemeral-resources/{}.md", name.trim_start_matches("bud_"));
        pages.insert(file, page::block(heading, &ephemeral.block, shown.as_deref(), &[]));
    }
    for (name, function) in &schema.functions {
        let shown = example(format!("functions/{name}/function.tf"))?;
        pages.insert(format!("functions/{name}.md"), page::function(name, function, shown.as_deref()));
    }
    Ok(pages)
}
