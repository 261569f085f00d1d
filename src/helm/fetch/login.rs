//! Who is known to which host.

use async_trait::async_trait;

use super::error::FetchError;
use super::remote::Credentials;
use crate::time::Patience;

/// The logins of hosts. Some have to be asked for first, as a cloud's registry gives them out.
#[async_trait]
pub trait Logins: Send + Sync {
    /// Name and password for a host (`HOST[:PORT]`); nothing where it is spoken to without.
    async fn of(&self, host: &str, patience: &Patience) -> Result<Option<Credentials>, FetchError>;
}

/// Nobody is known anywhere.
#[derive(Clone, Copy, Debug)]
pub struct NoLogins;

#[async_trait]
impl Logins for NoLogins {
    async fn of(&self, _: &str, _: &Patience) -> Result<Option<Credentials>, FetchError> {
        Ok(None)
    }
}

/// The host of an address, with its port where it names one.
#[must_use]
pub fn host_of(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    Some(host.rsplit_once('@').map_or(host, |(_, host)| host)).filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn the_host_of_an_address() {
        assert_eq!(host_of("oci://a:5000/b/c"), Some("a:5000"));
        assert_eq!(host_of("https://me:secret@a"), Some("a"));
        assert_eq!(host_of("./a/b"), None);
        assert_eq!(host_of("https:///b"), None);
    }
}
