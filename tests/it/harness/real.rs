//! The hosts that users run, where they are to be had: `terraform` and `tofu`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::process::signal;
use super::world::World;

/// The longest that one command may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Brand {
    Terraform,
    OpenTofu,
}

/// A host with a working directory of its own, in which the provider is the one under test.
pub(crate) struct RealHost {
    pub(crate) brand: Brand,
    program: PathBuf,
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// What a command came to.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// Both streams, of a command that must have gone well.
    #[track_caller]
    pub(crate) fn ok(&self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.text());
        self.text()
    }

    /// Both streams, of a command that must have failed.
    #[track_caller]
    pub(crate) fn error(&self) -> String {
        assert_eq!(self.code, Some(1), "{}", self.text());
        self.text()
    }

    /// Both streams.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// A command that still runs.
pub(crate) struct Started(Child);

impl Started {
    /// Control-C: the signal to the whole process group.
    pub(crate) fn interrupt(&self) {
        let members = group_of(self.0.id().unwrap());
        assert!(!members.is_empty(), "the host has ended");
        let sent = std::process::Command::new("sh")
            .args(["-c", &format!("kill -INT {}", members.join(" "))])
            .status();
        assert!(sent.unwrap().success());
    }

    /// kill -9 of the host alone.
    pub(crate) fn kill(&self) {
        signal(self.0.id().unwrap(), "KILL");
    }

    /// Waits for the end.
    pub(crate) async fn end(self) -> Output {
        let output = tokio::time::timeout(PATIENCE, self.0.wait_with_output()).await;
        let output = output.expect("the host does not come to an end").unwrap();
        Output {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The processes of a group, from the system's own books: not every shell can name a group.
fn group_of(leader: u32) -> Vec<String> {
    let leader = leader.to_string();
    let processes =
        std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let in_group = |pid: &String| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // After the name, which may hold anything: state, parent, group.
        stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(2)) == Some(leader.as_str())
    };
    processes.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())).filter(in_group).collect()
}

/// Every host that is there, each ready in a folder of its own; says which are not.
pub(crate) fn hosts(world: &World) -> Vec<RealHost> {
    let candidates =
        [(Brand::Terraform, "BUD_TEST_TERRAFORM", "terraform"), (Brand::OpenTofu, "BUD_TEST_TOFU", "tofu")];
    let found = candidates.into_iter().filter_map(|(brand, variable, name)| {
        let program = std::env::var_os(variable)
            .map(PathBuf::from)
            .filter(|path| path.is_file())
            .or_else(|| in_path(name));
        if program.is_none() {
            println!("skipped: no {name}");
        }
        program.map(|program| RealHost::new(brand, program, world.environment()))
    });
    found.collect()
}

fn in_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

impl RealHost {
    fn new(brand: Brand, program: PathBuf, world: Vec<(String, String)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        // Alone in its folder: a host takes any file there whose name begins like the provider's.
        let plugins = root.join("plugins");
        std::fs::create_dir_all(&plugins).unwrap();
        std::fs::create_dir_all(root.join("work")).unwrap();
        let binary = env!("CARGO_BIN_EXE_terraform-provider-bud");
        std::os::unix::fs::symlink(binary, plugins.join("terraform-provider-bud")).unwrap();
        let config = root.join("cli.tfrc");
        let overrides = ["registry.terraform.io", "registry.opentofu.org"]
            .map(|registry| format!("    \"{registry}/budecosystem/bud\" = {plugins:?}\n"))
            .concat();
        std::fs::write(
            &config,
            format!("provider_installation {{\n  dev_overrides {{\n{overrides}  }}\n}}\n"),
        )
        .unwrap();
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let own = [
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("HOME", text(root)),
            ("TMPDIR", text(&std::env::temp_dir())),
            ("TF_CLI_CONFIG_FILE", text(&config)),
            ("TF_IN_AUTOMATION", "1".to_owned()),
            ("CHECKPOINT_DISABLE", "1".to_owned()),
            ("TF_LOG", "TRACE".to_owned()),
            ("TF_LOG_PATH", text(&root.join("log"))),
        ];
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
        let host = Self { brand, program, environment: own.chain(world).collect(), folder };
        let block =
            "terraform {\n  required_providers {\n    bud = { source = \"budecosystem/bud\" }\n  }\n}\n";
        host.write("terraform.tf", block);
        host
    }

    /// The working directory.
    pub(crate) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// Writes a file of the configuration.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.work().join(name), text).unwrap();
    }

    /// A variable of the environment from now on.
    pub(crate) fn environment(&mut self, name: &str, value: &str) {
        self.environment.retain(|(other, _)| other != name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Starts a command in a process group of its own.
    pub(crate) fn start(&self, arguments: &[&str]) -> Started {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .current_dir(self.work())
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        Started(command.spawn().unwrap())
    }

    /// Runs a command.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        self.start(arguments).end().await
    }

    /// `plan` into a file; whether there are changes.
    #[track_caller]
    pub(crate) fn plan(&self, file: &str) -> impl Future<Output = bool> {
        self.plan_with(file, &[])
    }

    /// `plan` with further options.
    pub(crate) async fn plan_with(&self, file: &str, options: &[&str]) -> bool {
        let out = format!("-out={file}");
        let fixed = ["plan", "-no-color", "-input=false", "-detailed-exitcode", out.as_str()];
        let output = self.run(&[&fixed, options].concat()).await;
        match output.code {
            Some(0) => false,
            Some(2) => true,
            _ => panic!("{:?}: {}", self.brand, output.text()),
        }
    }

    /// A plan file, or with none the state, as JSON.
    pub(crate) async fn show(&self, file: Option<&str>) -> Json {
        let output = self.run(&[&["show", "-json"], file.as_slice()].concat()).await;
        assert_eq!(output.code, Some(0), "{}", output.text());
        serde_json::from_str(&output.stdout).unwrap()
    }

    /// `apply` of a plan file.
    pub(crate) async fn apply_plan(&self, file: &str) -> Output {
        self.run(&["apply", "-no-color", "-input=false", file]).await
    }

    /// `apply -auto-approve`.
    pub(crate) async fn apply(&self) -> Output {
        self.run(&["apply", "-no-color", "-input=false", "-auto-approve"]).await
    }

    /// `destroy -auto-approve`.
    pub(crate) async fn destroy(&self) -> Output {
        self.run(&["destroy", "-no-color", "-input=false", "-auto-approve"]).await
    }

    /// `import`.
    pub(crate) async fn import(&self, address: &str, id: &str) -> Output {
        self.run(&["import", "-no-color", "-input=false", address, id]).await
    }

    /// The state file.
    pub(crate) async fn state(&self) -> Json {
        let output = self.run(&["state", "pull"]).await;
        assert_eq!(output.code, Some(0), "{}", output.text());
        serde_json::from_str(&output.stdout).unwrap()
    }

    /// Everything that was logged so far, by the host and by the provider through it.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}
