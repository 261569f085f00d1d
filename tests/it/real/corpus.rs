//! Every chart of the oracle, and what hangs on chance, the clock, a cluster and something ephemeral, in one
//! configuration: planned, applied a day later, and nothing is left to do.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use super::release::Room;
use super::{Folder, World, each};
use crate::helm_oracle::cases::CASES;
use crate::release::random_files;

/// How many charts of the oracle there must at least be.
const MANY: usize = 40;

/// An object that holds what one of the oracle's templates renders to.
const OBJECT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-{{ .Chart.Name }}-INDEX\n\
    data:\n  text: {{ tpl (.Files.Get \"corpus/INDEX\") . | quote }}\n";

const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n\
    metadata: { name: NAMES.corpus.example.com }\nspec:\n  group: GROUP\n  scope: Namespaced\n  \
    names: { plural: NAMES, kind: Thing }\n  versions: [{ name: v1, served: true, storage: true, \
    schema: { openAPIV3Schema: { type: object } } }]\n";

const ASKS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: asks }\n\
    data: { has: {{ .Capabilities.APIVersions.Has \"GROUP/v1\" | quote }} }\n";

const TOKEN: &str = "apiVersion: v1\nkind: Secret\nmetadata: { name: token }\nstringData: { token: {{ .Values.token | quote }} }\n";

/// Writes files below a folder, with what a chart needs beside them.
fn write(folder: &Path, name: &str, files: &[(String, String)]) {
    let chart = format!("apiVersion: v2\nname: {name}\nversion: 1.2.3\n");
    let chart = [("Chart.yaml".to_owned(), chart)];
    for (file, text) in chart.iter().chain(files) {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn owned(files: &[(&str, &str)]) -> Vec<(String, String)> {
    files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// A chart of the oracle with an object around each of its templates.
fn wrapped(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (index, (file, text)) in files.iter().enumerate() {
        let Some((chart, template)) = file.split_once("templates/") else {
            all.push(((*file).to_owned(), (*text).to_owned()));
            continue;
        };
        if template.starts_with('_') || template == "NOTES.txt" {
            all.push(((*file).to_owned(), (*text).to_owned()));
            continue;
        }
        let object = OBJECT.replace("INDEX", &index.to_string());
        all.push((format!("{chart}templates/{template}"), object));
        all.push((format!("{chart}corpus/{index}"), (*text).to_owned()));
    }
    all
}

/// Whether Helm renders a chart.
fn renders(chart: &Path) -> bool {
    let helm = std::env::var("BUD_TEST_HELM").expect("BUD_TEST_HELM names Helm's program");
    let output = Command::new(helm).args(["template", "x"]).arg(chart).output().unwrap();
    output.status.success()
}

#[test]
fn every_chart_is_planned_applied_a_day_later_and_settled() {
    each(|host| {
        let world = World::prompt();
        let Some(mut room) = Room::new(&world, Folder::new(&world, host), "corpus") else { return };
        let mut text = String::new();
        let release = |text: &mut String, name: &str, more: &str| {
            writeln!(
                text,
                "resource \"bud_release\" \"{name}\" {{\n  name = \"{name}\"\n  namespace = \"{}\"\n  \
                 chart = \"./charts/{name}\"\n{more}}}",
                room.namespace
            )
            .unwrap();
        };
        let mut count = 0;
        for (index, (_, files, arguments)) in CASES.iter().enumerate() {
            let (name, folder) = (format!("c{index}"), room.folder.path("charts").join(format!("c{index}")));
            write(&folder, &name, &wrapped(files));
            if arguments.is_empty() && renders(&folder) {
                count += 1;
                release(&mut text, &name, "");
            }
        }
        assert!(count >= MANY, "{count} charts");
        write(&room.folder.path("charts").join("random"), "random", &owned(&random_files()));
        release(&mut text, "random", "");
        // What one release of the apply brings, another asks for.
        let group = format!("{}.corpus.example.com", room.namespace);
        let fill = |text: &str| {
            text.replace("NAMES.corpus", &format!("things.{}.corpus", room.namespace))
                .replace("NAMES", "things")
                .replace("GROUP", &group)
        };
        for (name, template, more) in [
            ("brings", fill(DEFINITION), ""),
            ("asks", fill(ASKS), "  depends_on = [bud_release.brings]\n"),
            (
                "token",
                TOKEN.to_owned(),
                "  values_wo = yamlencode({ token = var.token })\n  values_wo_version = 1\n",
            ),
        ] {
            let files = [("templates/a.yaml".to_owned(), template)];
            write(&room.folder.path("charts").join(name), name, &files);
            release(&mut text, name, more);
        }
        text.push_str("variable \"token\" {\n  type = string\n  ephemeral = true\n}\n");
        room.folder.write("", &text);

        room.token("planned-token");
        room.folder.run(&["plan", "-out=saved", "-input=false"]).succeeded();
        room.token("applied-token");
        room.folder.run(&["apply", "-input=false", "saved"]).succeeded();
        assert_eq!(room.list().len(), count + 4);
        room.token("another-token");
        room.folder.is_settled("a day later");
        let has = room.helm(&["get", "manifest", "asks"]);
        assert!(has.contains("has: \"true\""), "{has}");
        let state = std::fs::read_to_string(room.folder.path("terraform.tfstate")).unwrap();
        let plan = String::from_utf8_lossy(&std::fs::read(room.folder.path("saved")).unwrap()).into_owned();
        for token in ["planned-token", "applied-token", "another-token"] {
            assert!(!state.contains(token) && !plan.contains(token), "{token}");
        }
        room.folder.destroy().succeeded();
        assert_eq!(room.list(), Vec::<String>::new());
    });
}

impl Room<'_> {
    /// What the ephemeral variable is from now on.
    fn token(&mut self, token: &str) {
        self.folder.env.insert("TF_VAR_token".into(), token.to_owned());
    }
}
