//! What a simulator can be asked for, and why one cannot start.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// How to start a simulator. `Options::default()` is what `simulate` without arguments does.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Loopback address of Azure over https. With port 0 every server takes a free port; with another
    /// port the servers take this one (https) and the next five (http, control, SOCKS5, charts over
    /// https and over http).
    pub listen: SocketAddr,
    /// Fault script that is loaded at the start, in the form that `POST /faults` takes.
    pub faults: Option<PathBuf>,
    /// Simulated seconds of provisioning for each second of the wall clock. Infinity: what was begun
    /// is finished at the next request. Zero: only `POST /clock` moves it.
    pub speed: f64,
    /// Directory under which the file of the certificate authority is written; the system's directory
    /// for temporary files when absent.
    pub state_dir: Option<PathBuf>,
    /// Folder with packed charts (`*.tgz`) that the chart repository and the registry have from the start.
    pub charts: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            faults: None,
            speed: 60.0,
            state_dir: None,
            charts: None,
        }
    }
}

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// The address is not one of this machine's loopback addresses.
    #[error("{0} is not a loopback address")]
    NotLoopback(SocketAddr),
    /// The speed is negative or not a number.
    #[error("speed {0} is not a number from 0 on")]
    Speed(f64),
    /// A server could not listen.
    #[error("listening on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The certificates could not be made.
    #[error("certificates: {0}")]
    Certificates(String),
    /// A file of the simulator could not be written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The fault script cannot be read or understood.
    #[error("fault script {}: {reason}", path.display())]
    Faults {
        /// The script.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The charts of a folder cannot be served.
    #[error("charts: {0}")]
    Charts(String),
    /// The process's signals or its standard streams could not be used.
    #[error("process: {0}")]
    Process(std::io::Error),
}
