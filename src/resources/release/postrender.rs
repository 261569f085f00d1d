//! `postrender`: everything rendered goes through a program of the user's.
//!
//! As Helm 4.3 does it (pkg/action/action.go, renderResources): objects and hooks go in as one stream, each
//! with an annotation that names its template, and come back to their templates by it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;

use super::declaration::Postrender;
use crate::diagnostics::Diagnostic;
use crate::helm::manifest;
use crate::helm::template::Rendered;
use crate::time::Patience;
use crate::value::Path;

/// The most of a program's complaint that is told, in bytes.
const TOLD: usize = 4096;

/// Runs the program; what it gives takes the place of what was rendered.
pub(super) async fn run(
    program: &Postrender,
    rendered: Rendered,
    patience: &Patience,
) -> Result<Rendered, Diagnostic> {
    let objects = rendered.manifests.iter().map(|one| (&one.path, &one.content));
    let hooks = rendered.hooks.iter().map(|one| (&one.path, &one.manifest));
    let mut stream = String::new();
    for (path, text) in objects.chain(hooks) {
        // Writing into a string does not fail.
        let _ = writeln!(stream, "---\n# Source: {path}\n{text}");
    }
    let given = patience
        .race(given(program, stream))
        .await
        .map_err(|ended| wrong(program, &format!("{ended} while it ran")))??;
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for document in manifest::documents(&given) {
        let named = document.trim_start_matches('\n').strip_prefix("# Source: ");
        let path = named.and_then(|rest| rest.lines().next()).map_or("postrender", str::trim);
        let file = files.entry(path.to_owned()).or_default();
        file.push_str("---\n");
        file.push_str(document);
        file.push('\n');
    }
    let sorted =
        manifest::sort(&files).map_err(|error| wrong(program, &format!("gave no objects: {error}")))?;
    Ok(Rendered { manifests: sorted.manifests, hooks: sorted.hooks, ..rendered })
}

async fn given(program: &Postrender, stream: String) -> Result<String, Diagnostic> {
    #[allow(clippy::disallowed_methods, reason = "the program that the user names")]
    let mut command = tokio::process::Command::new(&program.binary_path);
    command.args(program.args.iter().flatten());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| wrong(program, &format!("cannot be run: {error}")))?;
    let stdin = child.stdin.take();
    let write = async {
        if let Some(mut stdin) = stdin {
            // Who does not read everything has had enough.
            let _ = stdin.write_all(stream.as_bytes()).await;
        }
    };
    let ((), output) = tokio::join!(write, child.wait_with_output());
    let output = output.map_err(|error| wrong(program, &format!("cannot be run: {error}")))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr[..output.stderr.len().min(TOLD)]).trim().to_owned();
        return Err(wrong(program, &format!("ended with {}: {told}", output.status)));
    }
    String::from_utf8(output.stdout).map_err(|_| wrong(program, "gave what is no UTF-8"))
}

fn wrong(program: &Postrender, what: &str) -> Diagnostic {
    Diagnostic::error("Postrender failed", format!("{} {what}.", program.binary_path))
        .at(Path::of("postrender"))
}
