//! Charts that the tests write.

/// Path and content of each file.
pub(super) type Files = Vec<(String, String)>;

/// A chart of these templates.
pub(super) fn of(name: &str, version: &str, templates: &[(&str, &str)]) -> Files {
    let meta = format!("apiVersion: v2\nname: {name}\nversion: {version}\nappVersion: \"4.5\"\n");
    let own = [("Chart.yaml".to_owned(), meta), ("values.yaml".to_owned(), "{}\n".to_owned())];
    let templates = templates.iter().map(|(path, text)| (format!("templates/{path}"), (*text).to_owned()));
    own.into_iter().chain(templates).collect()
}

/// A chart of one map, whose text is `.Values.text`.
pub(super) fn small() -> Files {
    of("small", "0.1.0", &[("map.yaml", MAP)])
}

/// A chart of twelve objects of the usual kinds and one hook. Its values: `text`, `replicas`; `life` of its pods,
/// as the control plane's kwok plays it; `job`, that of its hook's; `more` adds a map and a key; `broken` makes
/// the last object one that the API server refuses.
pub(super) fn web(version: &str) -> Files {
    let mut files = of(
        "web",
        version,
        &[
            ("map.yaml", MAP),
            ("secret.yaml", SECRET),
            ("account.yaml", ACCOUNT),
            ("role.yaml", ROLE),
            ("service.yaml", SERVICE),
            ("deployment.yaml", DEPLOYMENT),
            ("set.yaml", SET),
            ("claim.yaml", CLAIM),
            ("budget.yaml", BUDGET),
            ("ingress.yaml", INGRESS),
            ("more.yaml", MORE),
            ("prepare.yaml", PREPARE),
            ("NOTES.txt", "Text {{ .Values.text }} of revision {{ .Release.Revision }}.\n"),
        ],
    );
    let values =
        "# Of the tests.\ntext: none\nreplicas: 1\nlife: run\njob: run\nmore: false\nbroken: false\n";
    files[1].1 = values.to_owned();
    files
}

/// The same with a definition of a kind `Thing` of a group, and a thing.
pub(super) fn defined(mut files: Files, group: &str, versions: &[&str]) -> Files {
    files.push(("crds/thing.yaml".to_owned(), definition(group, versions)));
    let thing = format!(
        "apiVersion: {group}/{}\nkind: Thing\nmetadata: {{ name: \"{{{{ .Release.Name }}}}\" }}\nspec: {{ text: {{{{ .Values.text }}}} }}\n",
        versions[versions.len() - 1]
    );
    files.push(("templates/thing.yaml".to_owned(), thing));
    files
}

/// A definition of a kind `Thing`.
pub(super) fn definition(group: &str, versions: &[&str]) -> String {
    let mut text = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{ name: things.{group} }}\n\
         spec:\n  group: {group}\n  scope: Namespaced\n  names: {{ kind: Thing, plural: things, singular: thing }}\n  versions:\n"
    );
    for (at, version) in versions.iter().enumerate() {
        text.push_str(&format!(
            "  - name: {version}\n    served: true\n    storage: {}\n    schema: {{ openAPIV3Schema: {{ type: object, properties: {{ spec: {{ type: object, properties: {{ text: {{ type: string }} }} }} }} }} }}\n",
            at + 1 == versions.len()
        ));
    }
    text
}

const MAP: &str = r#"apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-map
  labels: { chart: {{ .Chart.Name }}, install: "{{ .Release.IsInstall }}" }
data:
  text: {{ .Values.text | quote }}
  {{- if .Values.more }}
  more: "1"
  {{- end }}
"#;

const SECRET: &str = r#"apiVersion: v1
kind: Secret
metadata: { name: {{ .Release.Name }}-secret }
stringData: { password: {{ .Values.text | quote }} }
"#;

const ACCOUNT: &str = r#"apiVersion: v1
kind: ServiceAccount
metadata: { name: {{ .Release.Name }} }
"#;

const ROLE: &str = r#"apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: {{ .Release.Name }} }
rules: [{ apiGroups: [""], resources: [pods], verbs: [get, list] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: {{ .Release.Name }} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ .Release.Name }} }
subjects: [{ kind: ServiceAccount, name: {{ .Release.Name }} }]
"#;

const SERVICE: &str = r#"apiVersion: v1
kind: Service
metadata: { name: {{ .Release.Name }} }
spec:
  selector: { app: {{ .Release.Name }} }
  ports: [{ name: http, port: 80, targetPort: 8080 }]
"#;

const DEPLOYMENT: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ .Release.Name }} }
spec:
  replicas: {{ .Values.replicas }}
  selector: { matchLabels: { app: {{ .Release.Name }} } }
  template:
    metadata:
      labels: { app: {{ .Release.Name }} }
      annotations: { bud.test/pod: {{ .Values.life }}, text: {{ .Values.text | quote }} }
    spec:
      serviceAccountName: {{ .Release.Name }}
      containers:
        - name: web
          image: example.com/web:1
          ports: [{ name: http, containerPort: 8080 }]
          env: [{ name: TEXT, valueFrom: { configMapKeyRef: { name: {{ .Release.Name }}-map, key: text } } }]
"#;

const SET: &str = r#"apiVersion: apps/v1
kind: StatefulSet
metadata: { name: {{ .Release.Name }}-set }
spec:
  serviceName: {{ .Release.Name }}
  selector: { matchLabels: { app: {{ .Release.Name }}-set } }
  template:
    metadata: { labels: { app: {{ .Release.Name }}-set }, annotations: { text: {{ .Values.text | quote }} } }
    spec:
      containers: [{ name: set, image: "example.com/set:1" }]
"#;

const CLAIM: &str = r#"apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: {{ .Release.Name }}, annotations: { helm.sh/resource-policy: keep } }
spec: { storageClassName: of-tests, accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
"#;

const BUDGET: &str = r#"apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: {{ .Release.Name }} }
spec: { maxUnavailable: 1, selector: { matchLabels: { app: {{ .Release.Name }} } } }
"#;

const INGRESS: &str = r#"apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: {{ .Release.Name }} }
spec:
  defaultBackend: { service: { name: {{ .Release.Name }}, port: { number: {{ if .Values.broken }}70000{{ else }}80{{ end }} } } }
"#;

const MORE: &str = r#"{{- if .Values.more }}
apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }}-more }
data: { text: {{ .Values.text | quote }} }
{{- end }}
"#;

const PREPARE: &str = r#"apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-prepare
  annotations:
    helm.sh/hook: pre-install,pre-upgrade,pre-rollback
    helm.sh/hook-weight: "1"
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  backoffLimit: 0
  template:
    metadata: { annotations: { bud.test/pod: {{ .Values.job }} } }
    spec: { restartPolicy: Never, containers: [{ name: prepare, image: "example.com/prepare:1" }] }
"#;
