//! The node that is worked on.

use crate::node::install::{Access, Deadlines, Login, settled};
use crate::time::Patience;

use super::error::{K3sError, K3sFault};

/// A node that runs its system, and how it is reached.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    /// Its name.
    pub name: &'a str,
    /// How it is reached.
    pub access: &'a Access,
    /// How long single things may take.
    pub deadlines: &'a Deadlines,
}

impl Node<'_> {
    /// Logs in, and becomes root.
    pub(super) async fn login(&self, patience: &Patience) -> Result<Login, K3sFault> {
        Ok(settled(self.access, self.deadlines, patience).await?)
    }

    /// A fault of this node.
    pub(super) fn told<T>(&self, done: Result<T, K3sFault>) -> Result<T, K3sError> {
        done.map_err(|fault| K3sError { node: self.name.to_owned(), fault: Box::new(fault) })
    }
}
