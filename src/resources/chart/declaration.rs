//! The arguments of `data.bud_chart` and what it gives.

use std::collections::BTreeMap;

use crate::schema::{Attributes, Block, DataSource, Rule as Plan, declare, merge};
use crate::secret::Secret;

declare! {
    /// One value by its path.
    pub struct SetValue {
        /// Path, such as `image.tag` or `hosts[0].name`.
        name: String = Plan::plain(),
        /// Value.
        value: String = Plan::plain(),
        /// How the value is read: `auto` (the default, numbers and truth values are recognised), `string` or
        /// `literal` (nothing in it has a meaning).
        r#type: String = Plan::one_of(&["auto", "string", "literal"]).or("auto"),
    }
}

declare! {
    /// What is asked for.
    pub struct ChartSpec {
        /// Name of the chart in `repository`; without one a folder, a packed chart, or the address of one
        /// (`https://` or `oci://`).
        chart: String = Plan::plain(),
        /// Address of a chart repository (`https://`) or of a registry (`oci://`). The provider's
        /// `chart_mirrors` hold for it.
        repository: Option<String> = Plan::plain(),
        /// Version, or a range such as `~1.2`. By default the highest that is no pre-release.
        version: Option<String> = Plan::plain(),
        /// Whether pre-releases count where no version is given.
        devel: bool = Plan::default_to(false),
        /// User of the repository or registry; by default what the provider's `registry_auth` says of the host.
        repository_username: Option<String> = Plan::plain(),
        /// Password of the repository or registry.
        repository_password: Option<Secret> = Plan::sensitive(),
        /// File with further certificate authorities for the repository or registry, PEM.
        repository_ca_file: Option<String> = Plan::plain(),
        /// File with a client certificate, PEM.
        repository_cert_file: Option<String> = Plan::plain(),
        /// File with the key of the client certificate, PEM.
        repository_key_file: Option<String> = Plan::plain(),
        /// Whether user and password go to other hosts as well that the repository names.
        pass_credentials: bool = Plan::default_to(false),
        /// Whether dependencies that are missing in `charts/` of a local chart are fetched, as Chart.yaml asks for
        /// them. Nothing is written into the chart's folder.
        dependency_update: bool = Plan::default_to(false),
        /// Whether the chart must be signed (a `.prov` file beside it) with a key of `keyring`.
        verify: bool = Plan::default_to(false),
        /// File with the public keys whose signatures count, as `gpg --export` writes it.
        keyring: Option<String> = Plan::plain(),
        /// Name of the release that is rendered; by default the chart's.
        name: Option<String> = Plan::plain(),
        /// Namespace of the release.
        namespace: String = Plan::default_to("default"),
        /// Values as YAML, later ones over earlier ones.
        values: Option<Vec<String>> = Plan::plain(),
        /// Single values, over `values`.
        set: Option<Vec<SetValue>> = Plan::plain(),
        /// Version of Kubernetes to render for; by default Helm's.
        kube_version: Option<String> = Plan::plain(),
        /// What the cluster can do beside the usual, such as `monitoring.coreos.com/v1`.
        api_versions: Option<Vec<String>> = Plan::plain(),
        /// Whether an upgrade is rendered instead of an installation.
        is_upgrade: bool = Plan::default_to(false),
        /// Whether what lies in `crds/` is part of `manifest`.
        include_crds: bool = Plan::default_to(false),
        /// Whether nothing is rendered: only the chart's metadata and its own values are given.
        skip_render: bool = Plan::default_to(false),
    }
}

declare! {
    /// A chart's dependency.
    pub struct ChartDependency {
        /// Name.
        name: String = Plan::plain(),
        /// Version or range.
        version: String = Plan::plain(),
        /// Repository.
        repository: String = Plan::plain(),
        /// Path of the value that switches it on.
        condition: Option<String> = Plan::plain(),
        /// Name in its place.
        alias: Option<String> = Plan::plain(),
    }
}

declare! {
    /// Chart.yaml.
    pub struct ChartMetadata {
        /// Name.
        name: String = Plan::plain(),
        /// Version.
        version: String = Plan::plain(),
        /// Version of what it installs.
        app_version: Option<String> = Plan::plain(),
        /// One sentence.
        description: Option<String> = Plan::plain(),
        /// `application` or `library`.
        r#type: String = Plan::plain(),
        /// Range of Kubernetes versions.
        kube_version: Option<String> = Plan::plain(),
        /// Whether it should no longer be used.
        deprecated: bool = Plan::plain(),
        /// Declared dependencies.
        dependencies: Vec<ChartDependency> = Plan::plain(),
    }
}

declare! {
    /// What comes out.
    pub struct ChartStatus {
        /// Chart.yaml.
        metadata: ChartMetadata = Plan::plain(),
        /// Digest of the packed chart, `sha256:…`; null for a folder.
        chart_digest: Option<String> = Plan::plain(),
        /// The chart's own values, YAML as it is written.
        default_values: String = Plan::plain(),
        /// The values that the templates saw, YAML.
        computed_values: Option<String> = Plan::plain(),
        /// Everything that is rendered, hooks included, as `helm template` prints it.
        manifest: Option<String> = Plan::plain(),
        /// The same by template, several objects of one separated by `---`.
        manifests: Option<BTreeMap<String, String>> = Plan::plain(),
        /// What lies in `crds/`, by path.
        crds: Option<BTreeMap<String, String>> = Plan::plain(),
        /// NOTES.txt.
        notes: Option<String> = Plan::plain(),
    }
}

/// The declaration of `data.bud_chart`.
#[must_use]
pub(in crate::resources) fn source() -> DataSource {
    DataSource {
        block: Block {
            version: 0,
            doc: "A Helm chart: its metadata, its values, and what it renders to, without a cluster and without \
                  Helm. What a chart draws from chance or from the clock is always the same here, so that two \
                  reads are equal: do not install passwords that come from here.",
            attributes: merge(ChartSpec::attributes(), ChartStatus::attributes()),
        },
    }
}
