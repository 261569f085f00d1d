//! What templates draw from chance and the clock, so that a later render can draw the same; and what else of
//! the outside world each template asks.
//!
//! The values themselves are kept, no seed: what a seed gives changes with the code that unfolds it. A draw is
//! found again by the template that is rendered, the function, its arguments and how often it was called with
//! these.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::datum::{Datum, Object};
use super::text::Str;
use std::rc::Rc;

/// The functions whose results hang on chance.
const DRAWING: [&str; 18] = [
    "randAlphaNum",
    "randAlpha",
    "randNumeric",
    "randAscii",
    "randInt",
    "randBytes",
    "shuffle",
    "uuidv4",
    "htpasswd",
    "bcrypt",
    "encryptAES",
    "genPrivateKey",
    "genCA",
    "genCAWithKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
];

/// The API groups that Kubernetes itself has, by their names (k8s.io/api and k8s.io/kube-aggregator).
const GROUPS: [&str; 24] = [
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "flowcontrol.apiserver.k8s.io",
    "imagepolicy.k8s.io",
    "internal.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
];

/// What the templates of a release drew, by template. It is secret: `Debug` shows how much there is.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn(BTreeMap<String, Draw>);

/// What one template drew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Draw {
    /// Seconds and nanoseconds since 1970 that it took for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clock: Option<(i64, u32)>,
    /// Results by call.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    calls: BTreeMap<String, Result>,
}

/// What a function gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Result {
    #[serde(rename = "t")]
    Text(String),
    #[serde(rename = "i")]
    Int(i64),
    #[serde(rename = "c")]
    Certificate { cert: String, key: String },
}

/// What a template asked of the world outside of its chart and its values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Chance.
    pub chance: bool,
    /// The clock.
    pub clock: bool,
    /// Objects of the cluster, or names of hosts.
    pub lookup: bool,
    /// The cluster's version.
    pub version: bool,
    /// Whether the cluster has an API that not every cluster of its version has.
    pub apis: bool,
}

/// The draws of one render: those that it shall make again, and those that it makes.
#[derive(Debug, Default)]
pub struct Draws {
    again: Drawn,
    made: Drawn,
    touched: BTreeMap<String, Touched>,
    template: String,
    counts: BTreeMap<String, usize>,
}

impl Drawn {
    /// Whether nothing was drawn.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The templates that drew something.
    pub fn templates(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The same without what these templates drew.
    #[must_use]
    pub fn without(&self, mut templates: impl FnMut(&str) -> bool) -> Self {
        Self(
            self.0
                .iter()
                .filter(|(name, _)| !templates(name))
                .map(|(name, draw)| (name.clone(), draw.clone()))
                .collect(),
        )
    }

    /// The same, and what `other` has of templates that are not here.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        for (name, draw) in &other.0 {
            self.0.entry(name.clone()).or_insert_with(|| draw.clone());
        }
        self
    }
}

impl fmt::Debug for Drawn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Drawn({} templates)", self.0.len())
    }
}

impl Draws {
    /// A render that makes these draws again, and others where there are none.
    pub fn again(again: Drawn) -> Self {
        Self { again, ..Self::default() }
    }

    /// What the render drew.
    pub fn made(self) -> Drawn {
        self.made
    }

    /// What each template asked of the outside world; those that asked nothing are not there.
    pub fn touched(&self) -> &BTreeMap<String, Touched> {
        &self.touched
    }

    pub(super) fn starts(&mut self, template: &str) {
        template.clone_into(&mut self.template);
        self.counts.clear();
    }

    pub(super) fn touch(&mut self, touch: impl FnOnce(&mut Touched)) {
        touch(self.touched.entry(self.template.clone()).or_default());
    }

    /// Whether the cluster has an API. Those of Kubernetes itself hang on its version alone.
    pub(super) fn asks_for_api(&mut self, name: Option<&Datum>) {
        let own = match name {
            Some(Datum::Str(name)) => {
                let name = name.lossy();
                // `v1`, `v1/Pod`, `apps/v1`, `apps/v1/Deployment`.
                let group = name.split('/').next().unwrap_or_default();
                group.starts_with('v') && !group.contains('.') || GROUPS.contains(&group)
            }
            _ => false,
        };
        self.touch(|touched| if own { touched.version = true } else { touched.apis = true });
    }

    /// The time that the template takes for now.
    pub(super) fn now(&mut self, clock: (i64, u32)) -> (i64, u32) {
        self.touch(|touched| touched.clock = true);
        let before = self.again.0.get(&self.template).and_then(|draw| draw.clock);
        let made = self.made.0.entry(self.template.clone()).or_default();
        *made.clock.get_or_insert(before.unwrap_or(clock))
    }

    /// Which call this is; nothing where the function draws nothing.
    pub(super) fn call(&mut self, function: &str, args: &[Datum]) -> Option<String> {
        if !DRAWING.contains(&function) {
            return None;
        }
        self.touch(|touched| touched.chance = true);
        let digest = Sha256::digest(format!("{args:?}"));
        let call = format!(
            "{function} {:016x}",
            u64::from_be_bytes([
                digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6], digest[7],
            ])
        );
        let count = self.counts.entry(call.clone()).or_insert(0);
        *count += 1;
        Some(format!("{call} {count}"))
    }

    /// What an earlier render drew at this call.
    pub(super) fn earlier(&mut self, call: &str) -> Option<Datum> {
        let result = self.again.0.get(&self.template)?.calls.get(call)?.clone();
        let datum = result.datum();
        self.keep(call, result);
        Some(datum)
    }

    /// Keeps what a call gave.
    pub(super) fn drew(&mut self, call: &str, datum: &Datum) {
        if let Some(result) = Result::of(datum) {
            self.keep(call, result);
        }
    }

    fn keep(&mut self, call: &str, result: Result) {
        self.made.0.entry(self.template.clone()).or_default().calls.insert(call.to_owned(), result);
    }
}

impl Result {
    fn of(datum: &Datum) -> Option<Self> {
        match datum {
            Datum::Str(text) => Some(Self::Text(text.lossy().into_owned())),
            Datum::Int(number) => Some(Self::Int(*number)),
            Datum::Object(object) => match &**object {
                Object::Certificate { cert, key } => {
                    let (cert, key) = (cert.lossy().into_owned(), key.lossy().into_owned());
                    Some(Self::Certificate { cert, key })
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn datum(&self) -> Datum {
        match self {
            Self::Text(text) => Datum::str(text),
            Self::Int(number) => Datum::Int(*number),
            Self::Certificate { cert, key } => Datum::Object(Rc::new(Object::Certificate {
                cert: Str::from(cert.as_str()),
                key: Str::from(key.as_str()),
            })),
        }
    }
}
