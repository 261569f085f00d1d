//! Credentials of our own in a cluster: a client certificate for one group, which one binding makes an
//! administrator, and the kubeconfig around it. Taking the binding away revokes every certificate of the group, which
//! Kubernetes cannot do for the one that k3s hands out (operations.md M40).

mod binding;
mod certificate;
mod text;

pub use binding::{Administrators, bind, unbind_others};
pub use certificate::{Credential, CredentialError, mint};
pub use text::{EXTENSION, Kubeconfig, SshServer};
