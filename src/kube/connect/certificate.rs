//! The dates of a certificate.

use rustls::pki_types::CertificateDer;
use time::OffsetDateTime;

use super::super::error::Expired;

/// From when and until when the certificate is valid.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dates {
    from: OffsetDateTime,
    until: OffsetDateTime,
}

impl Dates {
    /// Those of a certificate; `None` where it cannot be read.
    pub(super) fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, read) = x509_parser::parse_x509_certificate(certificate).ok()?;
        let validity = read.validity();
        let at =
            |time: x509_parser::time::ASN1Time| OffsetDateTime::from_unix_timestamp(time.timestamp()).ok();
        Some(Self { from: at(validity.not_before)?, until: at(validity.not_after)? })
    }

    /// What is wrong with them now.
    pub(super) fn expired(self) -> Option<Expired> {
        let now = crate::time::now();
        (now < self.from || now > self.until).then_some(Expired {
            from: Some(self.from),
            until: Some(self.until),
            now,
        })
    }
}
