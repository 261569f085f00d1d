//! One phase of a run: a process that is configured, and the steps that several phases share.

use bud::diagnostics::Diagnostics;
use bud::value::Value;

use super::super::client::Client;
use super::super::process::Process;
use super::super::{codec, hcl, judge};
use super::interruption::Armed;
use super::{Host, Instance, Processes, judged, type_of};

/// A process in which a phase runs.
pub(super) struct Session {
    pub(super) process: Process,
    pub(super) client: Client,
    pub(super) armed: Option<Armed>,
}

/// An object as a phase holds it, once it is decoded.
#[derive(Clone, Debug)]
pub(super) struct Current {
    pub(super) value: Value,
    pub(super) private: Vec<u8>,
    pub(super) identity: Value,
    pub(super) tainted: bool,
}

impl Host {
    /// A process that knows nothing yet; in a shared one everybody has been before.
    pub(super) async fn unconfigured(&mut self) -> Session {
        let process = match self.shared.take() {
            Some(process) => process,
            None => Process::start(&self.launch).await.unwrap(),
        };
        if !self.logs.iter().any(|log| log.is(&process.log)) {
            self.logs.push(process.log.clone());
        }
        let client = Client::new(process.client(), self.offer.clone());
        Session { process, client, armed: None }
    }

    /// A process with the provider's configuration.
    pub(super) async fn begin(&mut self) -> Result<Session, Diagnostics> {
        let config = self.provider_config();
        let mut session = self.unconfigured().await;
        let mut diagnostics = session.client.validate_provider(&config).await;
        if !diagnostics.has_errors() {
            diagnostics.extend(session.client.configure(&config).await);
        }
        if diagnostics.has_errors() {
            self.end(session).await;
            return Err(diagnostics);
        }
        Ok(session)
    }

    pub(super) fn provider_config(&self) -> Value {
        hcl::body(&self.offer.provider, &self.provider)
            .unwrap_or_else(|faults| panic!("provider: {faults:?}"))
    }

    /// Ends a phase, and checks how the process behaved beside its answers.
    pub(super) async fn end(&mut self, session: Session) {
        let process = session.process;
        drop(session.armed);
        if self.processes == Processes::Shared && process.is_alive() {
            self.shared = Some(process);
            return;
        }
        let (log, stray, alive) = (process.log.clone(), process.stray.clone(), process.is_alive());
        let ended = process.shut_down().await;
        assert!(!ended.killed, "the host had to kill a provider:\n{}", log.text());
        assert_eq!(stray.lines(), Vec::<String>::new(), "stdout belongs to the handshake");
        // The last line of a process that was killed may be half of one.
        if alive {
            assert_eq!(log.malformed(), Vec::<String>::new(), "log lines that hosts do not read");
        }
    }

    /// The stored object in the present form.
    pub(super) async fn upgraded(
        &self,
        session: &mut Session,
        address: &str,
        stored: &Instance,
    ) -> Result<(Current, Diagnostics), Diagnostics> {
        let type_name = type_of(address);
        let (state, mut diagnostics) = session.client.upgrade(type_name, stored.version, &stored.json).await;
        let Some(value) = state.filter(|_| !diagnostics.has_errors()) else { return Err(diagnostics) };
        let block = self.block(address);
        judged("an upgrade", judge::upgraded(block, &value));
        if stored.version == block.version {
            let before = codec::from_json(&block.kind(), stored.json.as_bytes()).unwrap();
            judged("an upgrade", judge::compatible(block, &before, &value));
        }
        let identity = match &stored.identity {
            Some(json) => {
                let (identity, more) = session.client.upgrade_identity(type_name, json).await;
                diagnostics.extend(more);
                if diagnostics.has_errors() {
                    return Err(diagnostics);
                }
                identity
            }
            None => Value::Null,
        };
        Ok((
            Current { value, private: stored.private.clone(), identity, tainted: stored.tainted },
            diagnostics,
        ))
    }

    /// The object as it is now; none: it is gone.
    pub(super) async fn read(
        &self,
        session: &mut Session,
        address: &str,
        current: Current,
    ) -> Result<(Option<Current>, Diagnostics), Diagnostics> {
        let read =
            session.client.read(type_of(address), &current.value, &current.private, &current.identity).await;
        if read.diagnostics.has_errors() {
            return Err(read.diagnostics);
        }
        judged("a read", judge::read(self.block(address), &current.private, &read.state, &read.private));
        if read.state.is_null() {
            return Ok((None, read.diagnostics));
        }
        judged(
            "a read",
            judge::identity_kept(&self.identity_kind(address), &current.identity, &read.identity),
        );
        let now = Current {
            value: read.state,
            private: read.private,
            identity: read.identity,
            tainted: current.tainted,
        };
        Ok((Some(now), read.diagnostics))
    }

    /// The stored object, upgraded and read.
    pub(super) async fn refreshed(
        &self,
        session: &mut Session,
        address: &str,
        stored: Option<&Instance>,
    ) -> Result<(Option<Instance>, Diagnostics), Diagnostics> {
        let Some(stored) = stored else { return Ok((None, Diagnostics::none())) };
        let (current, mut diagnostics) = self.upgraded(session, address, stored).await?;
        let (now, more) = self.read(session, address, current).await?;
        diagnostics.extend(more);
        Ok((now.map(|now| self.instance_of(address, &now)), diagnostics))
    }
}
