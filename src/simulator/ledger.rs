//! What clients asked for, in order.

use serde::Serialize;

/// The record of all exchanges since the start or the last reset.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    requests: Vec<Entry>,
    logins: Vec<Entry>,
    last: u64,
    generation: u64,
}

/// One exchange.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    /// Number among the requests to Azure Resource Manager; logins have their own numbers.
    n: u64,
    method: String,
    path: String,
    query: String,
    /// Status of the answer, 0 where none was sent.
    status: u16,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
}

/// Where an entry stands, to fill in its end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    login: bool,
    at: usize,
    generation: u64,
}

/// What is noted when a request arrives.
pub(crate) struct Arrival<'a> {
    pub(crate) login: bool,
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
        let n = if arrival.login { self.logins.len() as u64 + 1 } else { self.next() };
        let entry = Entry {
            n,
            method: arrival.method.to_owned(),
            path: arrival.path.to_owned(),
            query: arrival.query.to_owned(),
            status: 0,
            at: arrival.at.clone(),
            fault: None,
        };
        let list = if arrival.login { &mut self.logins } else { &mut self.requests };
        list.push(entry);
        let line = Line { login: arrival.login, at: list.len() - 1, generation: self.generation };
        if !arrival.login {
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
        let list = if line.login { &mut self.logins } else { &mut self.requests };
        if let Some(entry) = list.get_mut(line.at) {
            entry.status = status;
            entry.fault = fault;
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
}
