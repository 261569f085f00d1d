//! What clients asked for, in order.

use serde::Serialize;

/// The record of all exchanges since the start or the last reset.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    requests: Vec<Entry>,
    logins: Vec<Entry>,
    charts: Vec<Entry>,
    kubernetes: Vec<Entry>,
    steps: Vec<Step>,
    last: u64,
    generation: u64,
}

/// One exchange.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    /// Number among the requests to Azure Resource Manager; logins and requests for charts have their own.
    n: u64,
    method: String,
    path: String,
    query: String,
    /// Status of the answer, 0 where none was sent.
    status: u16,
    at: String,
    /// Number of the last request to Azure Resource Manager before it, where it was none itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
}

/// A step that a machine was asked for.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Step {
    n: u64,
    machine: String,
    #[serde(rename = "step")]
    name: String,
    /// What it was about, such as a file's path.
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    /// Its exit status; none where it has not come to its end.
    status: Option<u32>,
    /// Number of the last request to Azure Resource Manager before it.
    after: u64,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
}

/// Where a step stands, to fill in its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepLine {
    at: usize,
    generation: u64,
}

/// Whom a request was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counter {
    /// Azure Resource Manager.
    Resources,
    /// Whoever gives out tokens.
    Logins,
    /// The server of charts.
    Charts,
    /// A Kubernetes API; only what changes something is noted.
    Kubernetes,
}

/// Where an entry stands, to fill in its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    counter: Counter,
    at: usize,
    generation: u64,
}

/// What is noted when a request arrives.
pub(crate) struct Arrival<'a> {
    pub(crate) counter: Counter,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) at: String,
}

impl Ledger {
    /// The number that the next request to Azure Resource Manager gets.
    pub(crate) fn next(&self) -> u64 {
        self.last + 1
    }

    /// Notes an arrival.
    pub(crate) fn arrived(&mut self, arrival: &Arrival<'_>) -> Line {
        let n = match arrival.counter {
            Counter::Resources => self.next(),
            Counter::Logins => self.logins.len() as u64 + 1,
            Counter::Charts => self.charts.len() as u64 + 1,
            Counter::Kubernetes => self.kubernetes.len() as u64 + 1,
        };
        let entry = Entry {
            n,
            method: arrival.method.to_owned(),
            path: arrival.path.to_owned(),
            query: arrival.query.to_owned(),
            status: 0,
            at: arrival.at.clone(),
            after: (arrival.counter == Counter::Kubernetes).then_some(self.last),
            fault: None,
        };
        let generation = self.generation;
        let list = self.list(arrival.counter);
        list.push(entry);
        let line = Line { counter: arrival.counter, at: list.len() - 1, generation };
        if arrival.counter == Counter::Resources {
            self.last = n;
        }
        line
    }

    /// Notes how it ended.
    pub(crate) fn ended(&mut self, line: Line, status: u16, fault: Option<&'static str>) {
        // After a restart the line of an exchange that was under way is gone.
        if line.generation != self.generation {
            return;
        }
        if let Some(entry) = self.list(line.counter).get_mut(line.at) {
            entry.status = status;
            entry.fault = fault;
        }
    }

    /// Notes that a machine was asked for a step.
    pub(crate) fn step_began(&mut self, machine: &str, step: &str, detail: &str, at: String) -> StepLine {
        self.steps.push(Step {
            n: self.steps.len() as u64 + 1,
            machine: machine.to_owned(),
            name: step.to_owned(),
            detail: detail.to_owned(),
            status: None,
            after: self.last,
            at,
            fault: None,
        });
        StepLine { at: self.steps.len() - 1, generation: self.generation }
    }

    /// Notes how it ended.
    pub(crate) fn step_ended(&mut self, line: StepLine, status: Option<u32>, fault: Option<&'static str>) {
        if line.generation != self.generation {
            return;
        }
        if let Some(step) = self.steps.get_mut(line.at) {
            step.status = status;
            step.fault = fault;
        }
    }

    /// The steps of machines.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    fn list(&mut self, counter: Counter) -> &mut Vec<Entry> {
        match counter {
            Counter::Resources => &mut self.requests,
            Counter::Logins => &mut self.logins,
            Counter::Charts => &mut self.charts,
            Counter::Kubernetes => &mut self.kubernetes,
        }
    }

    /// Starts counting at 1 again and forgets the exchanges.
    pub(crate) fn restart(&mut self) {
        *self = Self { generation: self.generation + 1, ..Self::default() };
    }

    /// The requests to Azure Resource Manager.
    pub(crate) fn requests(&self) -> &[Entry] {
        &self.requests
    }

    /// The logins.
    pub(crate) fn logins(&self) -> &[Entry] {
        &self.logins
    }

    /// What changed, or tried to change, something in a Kubernetes API.
    pub(crate) fn kubernetes(&self) -> &[Entry] {
        &self.kubernetes
    }

    /// The requests for charts.
    pub(crate) fn charts(&self) -> &[Entry] {
        &self.charts
    }
}
