//! The command line outside a host: what there is, and what each command calls.

mod chart;
mod chart_check;
mod logins;
mod pages;
mod progress;
mod release;
mod template;

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use bud::lifecycle::Service;
use bud::provider::{Environment, Process};
use clap::{Parser, Subcommand};

/// The provider over this process's environment.
pub(crate) fn provider() -> Arc<dyn Service> {
    bud::resources::provider(Box::new(Process))
}

/// Terraform and OpenTofu provider that brings up Bud AI Foundry. Without arguments it serves the host
/// that started it.
#[derive(Parser)]
#[command(name = "terraform-provider-bud", version, about)]
struct Arguments {
    /// Serve hosts that attach to this process, and print how they do
    #[arg(long)]
    debug: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// The clouds on loopback, for tests and demonstrations without an account
    #[cfg(feature = "simulator")]
    Simulate {
        /// Loopback address of Azure over https; the other servers take the ports after it
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// Fault script to load at the start
        #[arg(long)]
        faults: Option<PathBuf>,
        /// Simulated seconds for each second of the wall clock
        #[arg(long, default_value_t = 60.0)]
        speed: f64,
        /// Directory for the file of the certificate authority
        #[arg(long)]
        state_dir: Option<PathBuf>,
        /// Folder with packed charts that the chart repository and the registry have
        #[arg(long)]
        charts: Option<PathBuf>,
    },
    /// Name the unknown keys in the configuration files of a folder, which the hosts drop silently
    Check {
        /// Folder with .tf files
        directory: PathBuf,
    },
    /// Write the generated documentation pages
    Docs {
        /// Write nothing, and fail where a page is not current
        #[arg(long)]
        check: bool,
        /// Folder of the pages
        #[arg(long, default_value = "docs")]
        directory: PathBuf,
        /// Folder of the examples
        #[arg(long, default_value = "examples")]
        examples: PathBuf,
    },
    /// Render a chart and print what `helm template` prints for the same arguments
    Template(Box<template::Template>),
    /// Name mistakes in charts and values that Helm renders without a word; fails where there are any
    ChartCheck(Box<chart_check::ChartCheck>),
    /// Draw what the provider is doing as live bars, from the file that `BUD_PROGRESS` names
    Progress(progress::Progress),
    /// Print the schema as JSON, as `providers schema -json` does
    Schema,
    /// Print the version
    Version,
}

/// Runs the command line.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        None if arguments.debug => bud::wire::serve_attachable(provider, &|name| Process.get(name)),
        None => {
            say("Nothing to do: see --help.");
            ExitCode::from(2)
        }
        #[cfg(feature = "simulator")]
        Some(Command::Simulate { listen, faults, speed, state_dir, charts }) => {
            simulate(bud::simulator::Options { listen, faults, speed, state_dir, charts })
        }
        Some(Command::Check { directory }) => check(&directory),
        Some(Command::Docs { check, directory, examples }) => pages::write(check, &directory, &examples),
        Some(Command::Template(template)) => template.run(),
        Some(Command::ChartCheck(check)) => check.run(),
        Some(Command::Progress(progress)) => progress.run(),
        Some(Command::Schema) => {
            let provider = provider();
            let schema = bud::schema::to_json(provider.schema());
            print(&serde_json::json!({
                "format_version": "1.0",
                "provider_schemas": { "registry.opentofu.org/budecosystem/bud": schema },
            }))
        }
        Some(Command::Version) => out(&format!("terraform-provider-bud {}", env!("CARGO_PKG_VERSION"))),
    }
}

fn check(directory: &std::path::Path) -> ExitCode {
    match bud::check::check(directory, provider().schema()) {
        Ok(findings) if findings.is_empty() => out("No unknown keys."),
        Ok(findings) => {
            let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
            out(&lines.join("\n"));
            ExitCode::FAILURE
        }
        Err(error) => {
            say(&error.to_string());
            ExitCode::from(2)
        }
    }
}

#[cfg(feature = "simulator")]
fn simulate(options: bud::simulator::Options) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            say(&format!("no runtime: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let ended = runtime.block_on(bud::simulator::run(options));
    // A read of stdin that nobody answers must not keep the process.
    runtime.shutdown_background();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn print(json: &serde_json::Value) -> ExitCode {
    out(&format!("{json:#}"))
}

/// A command's answer, on stdout.
fn out(text: &str) -> ExitCode {
    match writeln!(std::io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// A message about a command, on stderr. Where stderr is closed nobody is there to read it.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
