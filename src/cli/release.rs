//! What commands about a release take: values, namespace, the cluster that it is for.

use bud::helm::chart::SchemaCheck;
use bud::helm::fetch::ValueOptions;
use bud::helm::render::{Capabilities, KubeVersion, Limits, Release};
use bud::helm::template::{SubchartNotes, TemplateError, TemplateOptions};
use bud::helm::value::Map;
use clap::Args;

/// The arguments that `helm template` has as well.
#[derive(Args)]
pub(super) struct ReleaseArguments {
    /// Values files, later ones over earlier ones
    #[arg(short = 'f', long = "values", value_delimiter = ',')]
    pub(super) values: Vec<String>,
    /// Values as `key=value,…`
    #[arg(long)]
    pub(super) set: Vec<String>,
    /// Values that are texts
    #[arg(long)]
    pub(super) set_string: Vec<String>,
    /// Values out of files
    #[arg(long)]
    pub(super) set_file: Vec<String>,
    /// Values as JSON
    #[arg(long)]
    pub(super) set_json: Vec<String>,
    /// Values taken as they are
    #[arg(long)]
    pub(super) set_literal: Vec<String>,
    /// Namespace of the release
    #[arg(short, long, default_value = "default")]
    pub(super) namespace: String,
    /// Version of Kubernetes to render for
    #[arg(long)]
    pub(super) kube_version: Option<String>,
    /// What the cluster can do beside the usual
    #[arg(short, long, value_delimiter = ',')]
    pub(super) api_versions: Vec<String>,
    /// Render as an upgrade
    #[arg(long)]
    pub(super) is_upgrade: bool,
    /// Do not hold values against schemas
    #[arg(long)]
    pub(super) skip_schema_validation: bool,
}

/// Why there is no result, as Helm says it.
pub(super) struct Failed(pub(super) String);

impl Failed {
    pub(super) fn new(error: &dyn std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

impl From<TemplateError> for Failed {
    fn from(error: TemplateError) -> Self {
        Self(if error.has_output() {
            format!("{error}\n\nUse --debug flag to render out invalid YAML")
        } else {
            error.to_string()
        })
    }
}

impl ReleaseArguments {
    /// What the user gives.
    pub(super) fn values(&self) -> Result<Map, Failed> {
        let options = ValueOptions {
            files: self.values.clone(),
            json: self.set_json.clone(),
            set: self.set.clone(),
            text: self.set_string.clone(),
            file: self.set_file.clone(),
            literal: self.set_literal.clone(),
        };
        options.read().map_err(|error| Failed::new(&error))
    }

    /// How the release is rendered.
    pub(super) fn options(&self, name: &str) -> Result<TemplateOptions, Failed> {
        let mut capabilities = Capabilities::without_cluster();
        if let Some(version) = &self.kube_version {
            capabilities.kube_version = KubeVersion::parse(version).map_err(|error| Failed::new(&error))?;
        }
        capabilities.api_versions.extend(self.api_versions.iter().cloned());
        Ok(TemplateOptions {
            release: Release {
                name: name.to_owned(),
                namespace: self.namespace.clone(),
                is_upgrade: self.is_upgrade,
                is_install: !self.is_upgrade,
                revision: 1,
            },
            capabilities,
            schema: if self.skip_schema_validation { SchemaCheck::Skip } else { SchemaCheck::Check },
            notes: SubchartNotes::Leave,
            limits: Limits::default(),
        })
    }
}

/// Templates nest a thousand deep before they are refused, which a usual stack does not hold.
pub(super) fn on_a_large_stack<T: Send>(
    work: impl FnOnce() -> Result<T, Failed> + Send,
) -> Result<T, Failed> {
    std::thread::scope(|scope| {
        match std::thread::Builder::new().stack_size(Limits::STACK).spawn_scoped(scope, work) {
            Ok(thread) => thread.join().unwrap_or_else(|_| Err(Failed("the render broke off".to_owned()))),
            Err(error) => Err(Failed(format!("no thread: {error}"))),
        }
    })
}
