//! The arguments of `bud_release` and what it gives.
//!
//! Names, types and defaults up to `description` are those of `helm_release` of the provider hashicorp/helm
//! 3.x, so that a move is a rename (hosts.md HM2).

use std::collections::BTreeMap;

use crate::schema::{Attributes, Block, IdentityAttribute, Resource, Rule as Plan, Timeouts, declare, merge};
use crate::secret::Secret;
use crate::value::Kind;

declare! {
    /// One value by its path.
    pub struct SetValue {
        /// Path, such as `image.tag` or `hosts[0].name`.
        name: String = Plan::plain(),
        /// Value.
        value: String = Plan::plain(),
        /// How the value is read: `auto` (the default: numbers and truth values are recognised), `string` or
        /// `literal` (nothing in it has a meaning).
        r#type: Option<String> = Plan::one_of(&["", "auto", "string", "literal"]),
    }
}

declare! {
    /// One list by its path.
    pub struct SetList {
        /// Path.
        name: String = Plan::plain(),
        /// Items.
        value: Vec<String> = Plan::plain(),
    }
}

declare! {
    /// One hidden value by its path.
    pub struct SetSensitive {
        /// Path.
        name: String = Plan::plain(),
        /// Value.
        value: Secret = Plan::sensitive(),
        /// As in `set`.
        r#type: Option<String> = Plan::one_of(&["", "auto", "string", "literal"]),
    }
}

declare! {
    /// One value that is never stored, by its path.
    pub struct SetWriteOnly {
        /// Path.
        name: String = Plan::plain().and_write_only(),
        /// Value.
        value: Secret = Plan::write_only(),
        /// As in `set`.
        r#type: Option<String> = Plan::one_of(&["", "auto", "string", "literal"]).and_write_only(),
    }
}

declare! {
    /// A value that lives in the cluster.
    pub struct ValueFrom {
        /// Name of the Secret.
        secret: String = Plan::plain(),
        /// Namespace of the Secret; by default the release's.
        namespace: Option<String> = Plan::plain(),
        /// Key in the Secret.
        key: String = Plan::plain(),
        /// Path of the value that it becomes; without one the key's content is YAML that is laid over `values`.
        path: Option<String> = Plan::plain(),
    }
}

declare! {
    /// A program that everything rendered goes through.
    pub struct Postrender {
        /// Path of the program. It reads the objects on its standard input and writes them to its output.
        binary_path: String = Plan::plain(),
        /// Its arguments.
        args: Option<Vec<String>> = Plan::plain(),
    }
}

declare! {
    /// What the user asks of a release.
    pub struct ReleaseSpec {
        /// Name of the release, at most 53 characters.
        name: String = Plan::replaces(),
        /// Name of the chart in `repository`; without one a folder, a packed chart, or the address of one
        /// (`https://` or `oci://`).
        chart: String = Plan::plain(),
        /// Address of a chart repository (`https://`) or of a registry (`oci://`). The provider's
        /// `chart_mirrors` hold for it.
        repository: Option<String> = Plan::plain(),
        /// Version of the chart, or a range such as `~1.2`. By default the highest that is no pre-release;
        /// the version that it comes to is then shown here.
        version: Option<String> = Plan::chosen(),
        /// Namespace of the release.
        namespace: String = Plan::default_to("default").and_replaces(),
        /// Whether a missing namespace is made.
        create_namespace: bool = Plan::default_to(false),
        /// Values as YAML, later ones over earlier ones.
        values: Option<Vec<String>> = Plan::plain(),
        /// Single values, over `values`.
        set: Option<Vec<SetValue>> = Plan::plain(),
        /// Lists, over `set`.
        set_list: Option<Vec<SetList>> = Plan::plain(),
        /// Hidden single values, over `set_list`.
        set_sensitive: Option<Vec<SetSensitive>> = Plan::plain(),
        /// Single values that are never stored, over all others.
        set_wo: Option<Vec<SetWriteOnly>> = Plan::write_only(),
        /// A change of this number takes the values of `set_wo` anew; without one the deployed values stay.
        set_wo_revision: Option<i64> = Plan::plain(),
        /// How long one wait for objects or a hook may take: seconds, or a duration such as `"10m"`.
        timeout: String = Plan::default_to("300"),
        /// Whether the release is done only when its objects are ready.
        wait: bool = Plan::default_to(true),
        /// With `wait`, whether jobs must have come to their end, too.
        wait_for_jobs: bool = Plan::default_to(false),
        /// Whether a failed install is removed and a failed upgrade rolled back; waits as `wait` does.
        atomic: bool = Plan::default_to(false),
        /// Whether objects that a failed upgrade has made are removed.
        cleanup_on_fail: bool = Plan::default_to(false),
        /// How many revisions are kept; 0 keeps all.
        max_history: i64 = Plan::default_to(0),
        /// Whether dependencies that are missing in `charts/` of a local chart are fetched. Nothing is written
        /// into the chart's folder.
        dependency_update: bool = Plan::default_to(false),
        /// As `crds = "skip"`.
        skip_crds: bool = Plan::default_to(false),
        /// Whether hooks are left out.
        disable_webhooks: bool = Plan::default_to(false),
        /// Whether fields that the cluster does not know are let through.
        disable_openapi_validation: bool = Plan::default_to(false),
        /// Whether an upgrade starts from the last revision's values.
        reuse_values: bool = Plan::default_to(false),
        /// Whether an upgrade starts from the chart's values. Wins over `reuse_values`.
        reset_values: bool = Plan::default_to(false),
        /// Whether fields of other managers are taken over, and objects with fields that never change made
        /// anew.
        force_update: bool = Plan::default_to(false),
        /// Whether a name that a removed or failed release of others has kept is used again.
        replace: bool = Plan::default_to(false),
        /// Whether objects of other owners are taken over.
        take_ownership: bool = Plan::default_to(false),
        /// Whether a release of that name that exists is taken over and upgraded.
        upgrade_install: bool = Plan::default_to(false),
        /// Whether the notes of dependencies are told, too.
        render_subchart_notes: bool = Plan::default_to(true),
        /// Whether the chart must be signed (a `.prov` file beside it) with a key of `keyring`.
        verify: bool = Plan::default_to(false),
        /// File with the public keys whose signatures count, as `gpg --export` writes it.
        keyring: Option<String> = Plan::plain(),
        /// Whether pre-releases count where no version is given.
        devel: bool = Plan::default_to(false),
        /// One line about the revision.
        description: Option<String> = Plan::plain(),
        /// User of the repository or registry; by default what the provider's `registry_auth` says of the host.
        repository_username: Option<String> = Plan::plain(),
        /// Password of the repository or registry.
        repository_password: Option<Secret> = Plan::sensitive(),
        /// The same, never stored.
        repository_password_wo: Option<Secret> = Plan::write_only(),
        /// File with further certificate authorities for the repository or registry, PEM.
        repository_ca_file: Option<String> = Plan::plain(),
        /// File with a client certificate, PEM.
        repository_cert_file: Option<String> = Plan::plain(),
        /// File with the key of the client certificate, PEM.
        repository_key_file: Option<String> = Plan::plain(),
        /// Whether user and password go to other hosts as well that the repository names.
        pass_credentials: bool = Plan::default_to(false),
        /// Whether pods of the written workloads are made anew.
        recreate_pods: bool = Plan::default_to(false),
        /// As in `helm_release`, where it leaves out hooks that install definitions: such hooks do not run.
        disable_crd_hooks: bool = Plan::default_to(false),
        /// Whether a finding of the checks that need no cluster is an error.
        lint: bool = Plan::default_to(false),
        /// A program that everything rendered goes through.
        postrender: Option<Postrender> = Plan::plain(),
        /// Kubeconfig of the cluster; by default the provider's `kubernetes` block, then `KUBECONFIG`. A changed
        /// one never replaces the release, and alone makes no revision.
        kubeconfig: Option<Secret> = Plan::sensitive(),
        /// Version of Kubernetes that is planned for while the cluster cannot be asked; by default Helm's.
        kube_version: Option<String> = Plan::plain(),
        /// What the cluster will have beside the usual when this is applied, such as
        /// `monitoring.coreos.com/v1`.
        api_versions: Option<Vec<String>> = Plan::plain(),
        /// Values as YAML that are never stored, over `values`.
        values_wo: Option<Secret> = Plan::write_only(),
        /// A change of this number takes `values_wo` anew; without one the deployed values stay.
        values_wo_version: Option<i64> = Plan::plain(),
        /// Values that live in Secrets of the cluster: read when the release is applied, never stored.
        values_from: Option<Vec<ValueFrom>> = Plan::plain(),
        /// What happens to the chart's `crds/`: `skip`, `create` (the default: those that are missing) or
        /// `create_replace` (those that are there are brought to what the chart has).
        crds: String = Plan::one_of(&["skip", "create", "create_replace"]).or("create"),
        /// What happens when others change what the release says: `off` (the default), `warn`, or `correct` (the
        /// next apply brings it back).
        drift: String = Plan::one_of(&["off", "warn", "correct"]).or("off"),
        /// What is no drift: `Kind/namespace/name`, or with a path in it `Kind/namespace/name:.spec.replicas`;
        /// `*` stands for any name.
        ignore_drift: Option<Vec<String>> = Plan::plain(),
        /// What happens to an operation that was cut off: `recover` (the default) or `fail`.
        on_interrupted: String = Plan::one_of(&["recover", "fail"]).or("recover"),
        /// What happens to an install that failed: `repair` (the default: the next apply goes on with what is
        /// there), `reinstall` (it is removed first) or `keep` (the next apply leaves it alone and says so).
        on_failed_install: String = Plan::one_of(&["repair", "reinstall", "keep"]).or("repair"),
        /// What a destroy does while the cluster does not answer: `fail` (the default) or `forget`.
        on_unreachable_destroy: String = Plan::one_of(&["fail", "forget"]).or("fail"),
        /// Whether waiting ends at the first object that will not become ready.
        fail_fast: bool = Plan::default_to(true),
        /// What must hold in the cluster before the release is done, such as
        /// `Node[gpu=on]:status.allocatable.nvidia\.com/gpu>=1`.
        ready_when: Option<Vec<String>> = Plan::plain(),
        /// Whether a destroy removes the namespace, too.
        delete_namespace: bool = Plan::default_to(false),
        /// What findings of the plan-time checks are: `warn` (the default), `error` or `off`.
        checks: String = Plan::one_of(&["warn", "error", "off"]).or("warn"),
        /// What the chart draws from chance or the clock: `stable` (the default: stays as first drawn until
        /// its object changes otherwise) or `fresh` (drawn anew by every revision, as Helm does).
        random: String = Plan::one_of(&["stable", "fresh"]).or("stable"),
        /// How long each operation may take.
        timeouts: Option<Timeouts> = Plan::plain(),
    }
}

declare! {
    /// What a release says of itself.
    pub struct ReleaseMetadata {
        /// Name.
        name: String = Plan::plain(),
        /// Namespace.
        namespace: String = Plan::plain(),
        /// Revision.
        revision: i64 = Plan::plain(),
        /// Name of the chart.
        chart: String = Plan::plain(),
        /// Version of the chart.
        version: String = Plan::plain(),
        /// Version of what the chart installs.
        app_version: Option<String> = Plan::plain(),
        /// When it was installed, RFC 3339.
        first_deployed: Option<String> = Plan::plain(),
        /// When it was changed last, RFC 3339.
        last_deployed: Option<String> = Plan::plain(),
    }
}

declare! {
    /// What the cluster answers.
    pub struct ReleaseStatus {
        /// `namespace/name`, as import takes it.
        id: String = Plan::plain(),
        /// Revision.
        revision: i64 = Plan::plain(),
        /// Status, as `helm status` shows it.
        status: String = Plan::plain(),
        /// Version of what the chart installs.
        app_version: Option<String> = Plan::plain(),
        /// Digest of the chart, `sha256:…`: of the archive, or of the folder's files.
        chart_digest: String = Plan::plain(),
        /// What the release says of itself.
        metadata: ReleaseMetadata = Plan::plain(),
        /// NOTES.txt; what is secret in it is masked.
        notes: Option<String> = Plan::plain(),
        /// Everything that is rendered, what is secret in it masked. What the chart draws from chance or the
        /// clock is shown as a stand-in.
        manifest: String = Plan::plain(),
        /// What the cluster made of each object, as JSON by `kind/namespace/name`, without status and what is
        /// secret.
        resources: BTreeMap<String, String> = Plan::plain(),
        /// Hash of what is rendered, by `kind/namespace/name`: a plan shows which objects change.
        manifest_summary: BTreeMap<String, String> = Plan::plain(),
        /// What changes in the objects, what is secret masked. Set by plan and apply, cleared by the next
        /// refresh.
        manifest_diff: Option<String> = Plan::plain(),
        /// What others have changed, as paths by `kind/namespace/name`. Set by refresh where `drift` asks for it.
        drifted: BTreeMap<String, Vec<String>> = Plan::plain(),
        /// The uid of the namespace kube-system, which tells clusters apart.
        cluster_uid: Option<String> = Plan::plain(),
        /// Why the last operation failed.
        last_error: Option<String> = Plan::plain(),
    }
}

/// The declaration of `bud_release`.
#[must_use]
pub(in crate::resources) fn resource() -> Resource {
    Resource {
        block: Block {
            version: 0,
            doc: "A Helm release, rendered and installed without Helm, and stored as Helm stores it: `helm list`, \
                  `history`, `rollback` and `uninstall` work on it. It is rendered in the plan, also where the \
                  cluster does not exist yet, so that a plan shows which objects change. An operation that was \
                  cut off is gone on with by the next; a failure names the object, the pod and the reason.",
            attributes: merge(ReleaseSpec::attributes(), ReleaseStatus::attributes()),
        },
        identity_version: 0,
        identity: ["namespace", "name"]
            .map(|name| IdentityAttribute {
                name,
                doc: if name == "name" { "Name of the release." } else { "Namespace of the release." },
                kind: Kind::String,
                required: true,
            })
            .into(),
    }
}
