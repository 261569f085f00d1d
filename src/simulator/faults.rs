//! Fault scripts: what shall go wrong, at which request.

use std::time::Duration;

use serde::Deserialize;

use super::glob;
use super::guest::mishap::{Blow, StepRule};
use super::quirks::Quirks;
use super::shortage::{Lack, Shortage, Wanted};

/// A script as it is sent to `POST /faults` or read from a file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Script {
    /// What goes wrong.
    pub(crate) rules: Vec<Rule>,
    /// Which machines are not to be had.
    pub(crate) capacity: Vec<Shortage>,
    /// What goes wrong at the steps of machines.
    pub(crate) machines: Vec<StepRule>,
    /// Habits to switch on; absent: they stay as they are.
    pub(crate) quirks: Option<Quirks>,
}

/// One thing that goes wrong.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    when: When,
    r#do: Action,
    /// How many requests it has matched.
    #[serde(skip)]
    seen: u64,
}

/// At which requests: all that is given must hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct When {
    /// Number of the request to Azure Resource Manager, from 1.
    n: Option<u64>,
    /// HTTP method.
    method: Option<String>,
    /// Path without query, `*` for any run of characters.
    path: Option<String>,
    /// The first of the matching requests that is hit, from 1.
    nth: Option<u64>,
    /// How many are hit from then on; 0 for all.
    times: Option<u64>,
}

/// What happens.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// The connection is cut; the server did nothing.
    CutBefore,
    /// The server acts, then the connection is cut without an answer.
    CutAfter,
    /// The server acts so many wall seconds later.
    Delay(f64),
    /// This answer instead of the real one.
    Answer(Spoken),
    /// 429 with the given Retry-After.
    Throttle(Throttle),
    /// The operation that this request starts ends like this.
    Operation(Ending),
    /// The token of this request has expired, and with it every token given out so far.
    ExpireToken,
    /// No answer, ever; the server did nothing.
    Hang,
}

/// An answer of the script.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spoken {
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) retry_after: Option<u64>,
    #[serde(default)]
    pub(crate) headers: std::collections::BTreeMap<String, String>,
    /// The server acts first and the answer only lies about it.
    #[serde(default)]
    pub(crate) acted: bool,
}

/// How long a throttled client shall wait.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Throttle {
    #[serde(default)]
    pub(crate) retry_after: Option<u64>,
}

/// How an operation ends.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ending {
    /// `Failed` or `Canceled`, or another word that is not terminal and stays for ever.
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) message: String,
}

/// Everything that goes wrong with one request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mishap {
    /// Time before the server acts.
    pub(crate) delay: Duration,
    /// Name of what ends the exchange, for the ledger.
    pub(crate) name: Option<&'static str>,
    /// What ends the exchange.
    pub(crate) end: Option<Action>,
    /// How the operation ends that the request starts.
    pub(crate) operation: Option<Ending>,
}

impl Script {
    /// What goes wrong with the next request; `number` is absent for logins.
    pub(crate) fn strike(&mut self, number: Option<u64>, method: &str, path: &str) -> Mishap {
        let mut mishap = Mishap::default();
        for rule in &mut self.rules {
            if !rule.hits(number, method, path) {
                continue;
            }
            match &rule.r#do {
                Action::Delay(seconds) => {
                    mishap.delay += Duration::try_from_secs_f64(*seconds).unwrap_or_default();
                }
                Action::Operation(ending) => mishap.operation = Some(ending.clone()),
                other if mishap.end.is_none() => {
                    mishap.name = Some(other.name());
                    mishap.end = Some(other.clone());
                }
                _ => {}
            }
        }
        mishap
    }

    /// Whether the cloud has the machine that is asked for.
    pub(crate) fn lack(&mut self, wanted: &Wanted<'_>) -> Option<Lack> {
        // Every rule counts, also after one has hit.
        let struck: Vec<Lack> = self.capacity.iter_mut().filter_map(|rule| rule.strike(wanted)).collect();
        struck.into_iter().next()
    }

    /// What goes wrong with a machine's next step.
    pub(crate) fn strike_step(&mut self, machine: &str, step: &str) -> Option<Blow> {
        // Every rule counts, also after one has hit.
        let struck: Vec<Blow> =
            self.machines.iter_mut().filter_map(|rule| rule.strike(machine, step)).collect();
        struck.into_iter().next()
    }

    /// What is wrong with the script itself.
    pub(crate) fn check(&self) -> Result<(), String> {
        for (at, rule) in self.machines.iter().enumerate() {
            rule.check().map_err(|reason| format!("machines[{at}]: {reason}"))?;
        }
        for (at, shortage) in self.capacity.iter().enumerate() {
            shortage.check().map_err(|reason| format!("capacity[{at}]: {reason}"))?;
        }
        for (at, rule) in self.rules.iter().enumerate() {
            if let Action::Delay(seconds) = rule.r#do
                && Duration::try_from_secs_f64(seconds).is_err()
            {
                return Err(format!("rules[{at}].do.delay: {seconds} is not a time"));
            }
            if rule.when.n == Some(0) || rule.when.nth == Some(0) {
                return Err(format!("rules[{at}].when: requests are counted from 1"));
            }
            if let Action::Answer(spoken) = &rule.r#do
                && !(200..=599).contains(&spoken.status)
            {
                return Err(format!("rules[{at}].do.answer.status: {} is not an answer", spoken.status));
            }
        }
        Ok(())
    }
}

impl Rule {
    fn hits(&mut self, number: Option<u64>, method: &str, path: &str) -> bool {
        let when = &self.when;
        let meant = (number.is_some() || when.path.is_some())
            && (when.n.is_none() || when.n == number)
            && when.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && when.path.as_ref().is_none_or(|pattern| glob::matches(pattern, path));
        if !meant {
            return false;
        }
        self.seen += 1;
        let first = when.nth.unwrap_or(1);
        let times = when.times.unwrap_or(1);
        self.seen >= first && (times == 0 || self.seen < first.saturating_add(times))
    }
}

impl Action {
    fn name(&self) -> &'static str {
        match self {
            Self::CutBefore => "cut_before",
            Self::CutAfter => "cut_after",
            Self::Delay(_) => "delay",
            Self::Answer(_) => "answer",
            Self::Throttle(_) => "throttle",
            Self::Operation(_) => "operation",
            Self::ExpireToken => "expire_token",
            Self::Hang => "hang",
        }
    }
}
