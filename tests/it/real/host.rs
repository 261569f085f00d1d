//! The real hosts: where they are, how they are run in a folder of their own, and what they said.
#![allow(
    clippy::disallowed_methods,
    reason = "a test of real hosts runs them, and finds them by the environment"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::process::Command;

use super::World;

/// How long one run of a host may take at most.
const LIMIT: Duration = Duration::from_secs(60);

/// A real host.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) name: &'static str,
    program: PathBuf,
}

impl Host {
    fn find(name: &'static str, variable: &str) -> Option<Self> {
        let program = match std::env::var_os(variable).filter(|path| !path.is_empty()) {
            Some(path) => {
                let path = PathBuf::from(path);
                assert!(path.is_file(), "{variable} names {}, which is no file", path.display());
                path
            }
            None => std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
                .map(|folder| folder.join(name))
                .find(|path| path.is_file())?,
        };
        Some(Self { name, program })
    }
}

/// Runs a test with each host that is there, in a world of its own.
pub(crate) fn each(test: impl Fn(&Host)) {
    for (name, variable) in [("terraform", "BUD_TEST_TERRAFORM"), ("tofu", "BUD_TEST_TOFU")] {
        match Host::find(name, variable) {
            Some(host) => {
                println!("with {name}");
                test(&host);
            }
            None => println!("skipped: no {name}"),
        }
    }
}

/// A folder with a configuration, in which a host is run.
pub(crate) struct Folder<'w> {
    world: &'w World,
    host: Host,
    directory: tempfile::TempDir,
    /// Variables of the host's process, beside those that it always gets.
    pub(crate) env: BTreeMap<String, String>,
}

/// What a host did.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    /// Both streams, standard output first.
    pub(crate) out: String,
    pub(crate) took: Duration,
}

/// An error that a host shows, from its machine-readable output.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) summary: String,
    pub(crate) detail: String,
    /// The line of the configuration to which it points; empty where it points to none.
    pub(crate) code: String,
}

impl Run {
    /// Fails unless the host succeeded.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert!(self.status.success(), "{:?}\n{}", self.status, self.out);
        self
    }

    /// Fails unless the host failed.
    #[track_caller]
    pub(crate) fn failed(self) -> Self {
        assert!(!self.status.success(), "it succeeded:\n{}", self.out);
        self
    }

    /// Fails unless it said this.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.out.contains(text), "{text:?} is missing:\n{}", self.out);
        self
    }

    /// The errors in the output of a command with `-json`.
    pub(crate) fn errors(&self) -> Vec<Shown> {
        let lines = self.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines
            .map(|line| line["diagnostic"].clone())
            .filter(|diagnostic| diagnostic["severity"] == "error")
            .map(|diagnostic| {
                let text = |value: &Value| value.as_str().unwrap_or_default().trim().to_owned();
                Shown {
                    summary: text(&diagnostic["summary"]),
                    detail: text(&diagnostic["detail"]),
                    code: text(&diagnostic["snippet"]["code"]),
                }
            })
            .collect()
    }
}

impl<'w> Folder<'w> {
    /// An empty folder whose host finds the built provider and the world.
    pub(crate) fn new(world: &'w World, host: &Host) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let plugins = directory.path().join("plugins");
        std::fs::create_dir(&plugins).unwrap();
        let provider = plugins.join("terraform-provider-bud");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_terraform-provider-bud"), provider).unwrap();
        let mut rc = "provider_installation {\n  dev_overrides {\n".to_owned();
        for registry in ["", "registry.terraform.io/", "registry.opentofu.org/"] {
            writeln!(rc, "    \"{registry}budecosystem/bud\" = \"{}\"", plugins.display()).unwrap();
        }
        rc.push_str("  }\n  direct {}\n}\n");
        std::fs::write(directory.path().join("rc"), rc).unwrap();
        std::fs::create_dir(directory.path().join("home")).unwrap();
        Self { world, host: host.clone(), directory, env: world.env() }
    }

    /// Name of the host.
    pub(crate) fn host_name(&self) -> &'static str {
        self.host.name
    }

    /// Where a file of the folder is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join("module").join(name)
    }

    /// Writes the configuration: arguments of the provider block, then everything else.
    pub(crate) fn write(&self, provider: &str, rest: &str) {
        let text = format!(
            "terraform {{\n  required_providers {{\n    bud = {{ source = \"budecosystem/bud\" }}\n  }}\n}}\n\
             provider \"bud\" {{\n{provider}\n}}\n{rest}\n"
        );
        std::fs::create_dir_all(self.path("")).unwrap();
        std::fs::write(self.path("main.tf"), text).unwrap();
    }

    /// Writes the configuration of one network, named `bud_network.lab`, in West US.
    pub(crate) fn network(&self, name: &str, arguments: &str) {
        self.network_with("", name, arguments);
    }

    /// The same with further arguments of the provider block.
    pub(crate) fn network_with(&self, provider: &str, name: &str, arguments: &str) {
        self.write(
            &format!("  environment = \"ci-1\"\n  location = \"West US\"\n{provider}"),
            &format!("resource \"bud_network\" \"lab\" {{\n  name = \"{name}\"\n{arguments}\n}}"),
        );
    }

    /// A command of the host in this folder, in a process group of its own.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.host.program);
        let root = self.directory.path();
        command
            .args(arguments)
            .current_dir(self.path(""))
            .env_clear()
            // No Azure CLI is to be found there.
            .env("PATH", root.join("home"))
            .env("HOME", root.join("home"))
            .env("TF_CLI_CONFIG_FILE", root.join("rc"))
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_INPUT", "0")
            .env("CHECKPOINT_DISABLE", "1")
            .envs(&self.env)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        command
    }

    /// Starts the host and lets `meanwhile` see its process group while it runs.
    pub(crate) fn run_with(&self, arguments: &[&str], mut meanwhile: impl FnMut(u32)) -> Run {
        let started = Instant::now();
        let (status, stdout, stderr) = self.world.block_on(async {
            let child = self.command(arguments).spawn().unwrap();
            let group = child.id().unwrap();
            let mut output = std::pin::pin!(child.wait_with_output());
            loop {
                // The pause between two looks ends as soon as the host does.
                if let Ok(output) = tokio::time::timeout(Duration::from_millis(40), &mut output).await {
                    let output = output.unwrap();
                    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                    return (output.status, text(&output.stdout), text(&output.stderr));
                }
                if started.elapsed() > LIMIT {
                    signal_group(group, "KILL");
                    panic!("{} {arguments:?} did not end in {LIMIT:?}", self.host.name);
                }
                meanwhile(group);
            }
        });
        let out = format!("{stdout}{stderr}");
        Run { status, stdout, out, took: started.elapsed() }
    }

    /// Runs the host to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, |_| {})
    }

    /// Applies without asking.
    pub(crate) fn apply(&self) -> Run {
        self.run(&["apply", "-auto-approve", "-no-color"])
    }

    /// Destroys without asking.
    pub(crate) fn destroy(&self) -> Run {
        self.run(&["destroy", "-auto-approve", "-no-color"])
    }

    /// A plan whose exit code tells whether there is something to do.
    pub(crate) fn plan(&self) -> Run {
        self.run(&["plan", "-detailed-exitcode", "-no-color"])
    }

    /// Fails unless there is nothing to do.
    #[track_caller]
    pub(crate) fn is_settled(&self, when: &str) {
        let run = self.plan();
        assert_eq!(run.status.code(), Some(0), "the plan after {when} is not empty:\n{}", run.out);
    }

    /// The attributes of `bud_network.lab` in the state, null where it is not there.
    pub(crate) fn state(&self) -> Value {
        let Ok(text) = std::fs::read(self.path("terraform.tfstate")) else { return Value::Null };
        let state: Value = serde_json::from_slice(&text).unwrap();
        state["resources"][0]["instances"][0]["attributes"].clone()
    }

    /// Removes the state, as if nothing had been made here.
    pub(crate) fn forget(&self) {
        std::fs::remove_file(self.path("terraform.tfstate")).unwrap();
    }
}

/// Sends a signal to a process group that [`Folder::run_with`] started and that still runs.
#[track_caller]
pub(crate) fn signal_group(group: u32, name: &str) {
    let kill = format!("kill -s {name} -- -{group}");
    let sent = std::process::Command::new("/bin/sh").args(["-c", &kill]).status().unwrap();
    assert!(sent.success(), "SIG{name} to the group {group}");
}
