//! What a failed connection says: looked for by type in the chain of its causes, never by text.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError};
use time::OffsetDateTime;

use super::super::error::{Expired, TlsProblem};

/// The first cause of a type, io's inner errors included.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(one) = next {
        if let Some(found) = one.downcast_ref::<T>() {
            return Some(found);
        }
        let inner = one.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(found) = inner.and_then(|inner| find::<T>(inner)) {
            return Some(found);
        }
        next = one.source();
    }
    None
}

/// The error of a type, wherever it stands.
pub(super) fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    find(error)
}

/// Whether the two ends did not agree on TLS, which no other way would mend.
pub(super) fn is_tls(error: &(dyn Error + 'static)) -> bool {
    find::<rustls::Error>(error).is_some()
}

/// What is wrong about TLS, if that is it.
pub(super) fn tls(error: &(dyn Error + 'static)) -> Option<TlsProblem> {
    Some(match find::<rustls::Error>(error)? {
        rustls::Error::InvalidCertificate(certificate) => certificate_problem(certificate),
        rustls::Error::AlertReceived(AlertDescription::UnknownCA) => {
            TlsProblem::Alert("unknown CA".to_owned())
        }
        rustls::Error::AlertReceived(alert) => TlsProblem::Alert(format!("{alert:?}")),
        rustls::Error::InvalidMessage(_) => TlsProblem::NoTls,
        other => TlsProblem::Other(other.to_string()),
    })
}

fn certificate_problem(error: &CertificateError) -> TlsProblem {
    let at = |time: &rustls::pki_types::UnixTime| {
        i64::try_from(time.as_secs())
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
    };
    let now = crate::time::now();
    match error {
        // An authority of the same name with another key gives a bad signature.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsProblem::UnknownAuthority,
        CertificateError::Expired => TlsProblem::Expired(Expired { from: None, until: None, now }),
        CertificateError::ExpiredContext { not_after, .. } => {
            TlsProblem::Expired(Expired { from: None, until: at(not_after), now })
        }
        CertificateError::NotValidYet => TlsProblem::Expired(Expired { from: None, until: None, now }),
        CertificateError::NotValidYetContext { not_before, .. } => {
            TlsProblem::Expired(Expired { from: at(not_before), until: None, now })
        }
        CertificateError::NotValidForName => {
            TlsProblem::OtherName { wanted: String::new(), presented: Vec::new() }
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            TlsProblem::OtherName { wanted: expected.to_str().into_owned(), presented: presented.clone() }
        }
        other => TlsProblem::Other(other.to_string()),
    }
}

/// Everything that an error says, each cause once.
pub(super) fn words(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(one) = next {
        let more = one.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        next = one.source();
    }
    text
}
