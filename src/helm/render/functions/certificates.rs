//! Certificates and private keys out of the randomness and the clock that the render was given.

use super::{Function, Outcome, Param, int, plain, text, utf8, world};
use crate::helm::render::datum::{Datum, Object};
use crate::helm::render::exec::{Failure, Machine};
use crate::helm::render::go;
use crate::helm::render::keys;
use crate::helm::render::text::Str;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType, SerialNumber,
};
use std::net::IpAddr;
use std::rc::Rc;

use Param::{Certificate as C, Int, List as L, Str as S};

pub(super) const TABLE: &[Function] = &[
    world("genPrivateKey", &[S], |machine, args| {
        let kind = utf8(&args[0]).into_owned();
        Ok(Datum::str(match kind.as_str() {
            "" | "rsa" => keys::rsa(machine.outside.chance, 4096).pem(),
            "dsa" => keys::dsa(machine.outside.chance),
            "ecdsa" => keys::ecdsa(machine.outside.chance),
            "ed25519" => keys::ed25519(machine.outside.chance),
            _ => format!("Unknown type {kind}"),
        }))
    }),
    plain("buildCustomCert", &[S, S], build),
    world("genCA", &[S, Int], |machine, args| {
        let subject =
            Subject { name: utf8(&args[0]).into_owned(), days: int(&args[1]), ..Subject::default() };
        let key = keys::rsa(machine.outside.chance, 2048).pem();
        issue(machine, &subject, &key, &By::Authority)
    }),
    world("genCAWithKey", &[S, Int, S], |machine, args| {
        let subject =
            Subject { name: utf8(&args[0]).into_owned(), days: int(&args[1]), ..Subject::default() };
        issue(machine, &subject, &utf8(&args[2]), &By::Authority)
    }),
    world("genSelfSignedCert", &[S, L, L, Int], |machine, args| {
        let subject = Subject::new(args).map_err(Failure::text)?;
        let key = keys::rsa(machine.outside.chance, 2048).pem();
        issue(machine, &subject, &key, &By::Itself)
    }),
    world("genSelfSignedCertWithKey", &[S, L, L, Int, S], |machine, args| {
        let subject = Subject::new(args).map_err(Failure::text)?;
        issue(machine, &subject, &utf8(&args[4]), &By::Itself)
    }),
    world("genSignedCert", &[S, L, L, Int, C], |machine, args| {
        let subject = Subject::new(args).map_err(Failure::text)?;
        let by = By::other(&args[4]).map_err(Failure::text)?;
        let key = keys::rsa(machine.outside.chance, 2048).pem();
        issue(machine, &subject, &key, &by)
    }),
    world("genSignedCertWithKey", &[S, L, L, Int, C, S], |machine, args| {
        let subject = Subject::new(args).map_err(Failure::text)?;
        let by = By::other(&args[4]).map_err(Failure::text)?;
        issue(machine, &subject, &utf8(&args[5]), &by)
    }),
];

/// Whom a certificate is for.
#[derive(Default)]
struct Subject {
    name: String,
    addresses: Vec<IpAddr>,
    hosts: Vec<String>,
    days: i64,
}

impl Subject {
    fn new(args: &[Datum]) -> Result<Self, String> {
        let shown =
            |datum: &Datum| String::from_utf8_lossy(&go::sprint(std::slice::from_ref(datum))).into_owned();
        let mut subject = Self { name: utf8(&args[0]).into_owned(), days: int(&args[3]), ..Self::default() };
        for address in args[1].as_items().unwrap_or_default() {
            let Datum::Str(text) = &address else {
                return Err(format!("error parsing ip: {} is not a string", shown(&address)));
            };
            let text = text.lossy();
            subject.addresses.push(text.parse().map_err(|_| format!("error parsing ip: {text}"))?);
        }
        for host in args[2].as_items().unwrap_or_default() {
            let Datum::Str(text) = &host else {
                return Err(format!("error processing alternate dns name: {} is not a string", shown(&host)));
            };
            subject.hosts.push(text.lossy().into_owned());
        }
        Ok(subject)
    }
}

/// Who signs.
enum By {
    /// It signs itself, and may sign others.
    Authority,
    Itself,
    Other {
        cert: String,
        key: String,
    },
}

impl By {
    fn other(datum: &Datum) -> Result<Self, String> {
        if let Datum::Object(object) = datum
            && let Object::Certificate { cert, key } = &**object
        {
            return Ok(Self::Other { cert: cert.lossy().into_owned(), key: key.lossy().into_owned() });
        }
        Err("unable to decode certificate".to_owned())
    }
}

fn issue(machine: &mut Machine<'_, '_>, subject: &Subject, key: &str, by: &By) -> Result<Datum, Failure> {
    let failed =
        |error: &dyn std::fmt::Display| Failure::text(format!("error creating certificate: {error}"));
    let pair = keys::pair(key).map_err(|error| Failure::text(format!("parsing private key: {error}")))?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, subject.name.clone());
    for host in &subject.hosts {
        let host = host.clone().try_into().map_err(|error| failed(&error))?;
        params.subject_alt_names.push(SanType::DnsName(host));
    }
    params.subject_alt_names.extend(subject.addresses.iter().copied().map(SanType::IpAddress));
    let mut serial = [0; 16];
    machine.outside.chance.fill(&mut serial);
    serial[0] &= 0x7F;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    let (now, _) = machine.now();
    let date = |seconds: i64| {
        time::OffsetDateTime::from_unix_timestamp(seconds)
            .map_err(|_| Failure::text("error creating certificate: x509: cannot encode a date"))
    };
    params.not_before = date(now)?;
    params.not_after = date(now.saturating_add(subject.days.saturating_mul(86_400)))?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = matches!(by, By::Other { .. });
    if matches!(by, By::Authority) {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages.push(KeyUsagePurpose::KeyCertSign);
    }
    let cert = match by {
        By::Authority | By::Itself => params.self_signed(&pair).map_err(|error| failed(&error))?,
        By::Other { cert, key } => {
            let signer: KeyPair = keys::pair(key)
                .map_err(|error| Failure::text(format!("error parsing private key: {error}")))?;
            let der = keys::certificate(cert).map_err(Failure::text)?;
            let issuer = Issuer::from_ca_cert_der(&der.into(), signer).map_err(|error| {
                Failure::text(format!("error parsing certificate: decodedSignerCert.Bytes: {error}"))
            })?;
            params.signed_by(&pair, &issuer).map_err(|error| failed(&error))?
        }
    };
    let cert = keys::pem("CERTIFICATE", cert.der());
    Ok(certificate(&cert, key))
}

fn certificate(cert: &str, key: &str) -> Datum {
    Datum::Object(Rc::new(Object::Certificate { cert: Str::from(cert), key: Str::from(key) }))
}

fn build(args: &[Datum]) -> Outcome {
    let decoded = |datum: &Datum, what: &str| {
        super::hashes::decode64(text(datum)).map_err(|_| format!("unable to decode base64 {what}"))
    };
    let cert = decoded(&args[0], "certificate")?;
    let key = decoded(&args[1], "private key")?;
    let (cert, key) = (String::from_utf8_lossy(&cert), String::from_utf8_lossy(&key));
    keys::certificate(&cert)?;
    keys::pair(&key).map_err(|error| format!("error parsing private key: {error}"))?;
    Ok(certificate(&cert, &key))
}
