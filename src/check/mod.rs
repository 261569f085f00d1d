//! Finds misspelt keys in configurations, which the hosts drop without a word.
//!
//! A host refuses an unknown argument, but converts an object that is written for a nested attribute
//! to the attribute's type and forgets every key that the type does not have: the provider never sees
//! it. So the only place to find one is the text of the configuration.
//!
//! Invariants: this room evaluates nothing and knows the provider by its schema alone. It reads files
//! below the folder it is given and those of local modules, and writes none.

mod hcl;
mod json;
mod module;
mod node;
mod walk;

use std::fmt;
use std::path::PathBuf;

use crate::schema::ProviderSchema;
use crate::value::Path;

/// A key that nothing reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// File, as found below the folder that was given.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The object in which the key stands, from the block's address on.
    pub path: Path,
    /// The key.
    pub key: String,
    /// The known key that can have been meant.
    pub nearest: Option<String>,
    /// All keys that can be written there.
    pub known: Vec<String>,
}

/// Why a configuration cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A file or folder cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is no configuration.
    #[error("{}:{line}:{column}: {message}", file.display())]
    Parse {
        /// Which.
        file: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the parser says.
        message: String,
    },
    /// There is nothing to check.
    #[error("{}: no .tf or .tf.json file", folder.display())]
    Empty {
        /// Where.
        folder: PathBuf,
    },
}

/// Checks the module in a folder and the local modules it calls, against what the provider offers.
/// Findings are in the order of files, lines and columns.
///
/// Looked into are object constructors wherever they stand for a nested attribute: also in lists, maps,
/// `for` expressions, conditionals, arguments of functions that hand them on (`merge`, `concat` …) and
/// local values. What only an evaluation could show (variables, outputs of others) is not looked into.
///
/// # Errors
/// When a folder or file cannot be read or parsed, or the folder holds no configuration.
pub fn check(dir: &std::path::Path, schema: &ProviderSchema) -> Result<Vec<Finding>, CheckError> {
    let mut findings = Vec::new();
    for module in module::load_all(dir)? {
        walk::walk(&module, schema, &mut findings);
    }
    findings.sort();
    findings.dedup();
    Ok(findings)
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, path, key, nearest, known } = self;
        write!(formatter, "{}:{line}:{column}: {path}: unknown key {key:?}", file.display())?;
        match nearest {
            Some(nearest) => write!(formatter, ", did you mean {nearest:?}?"),
            None if known.is_empty() => write!(formatter, "; no key can be written there"),
            None => write!(formatter, "; known are {}", known.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests;
