//! A machine that one wants to be connected to: the session is made when it is needed, shared, and made again
//! when it is lost.

use std::time::Duration;

use tokio::sync::Mutex;

use crate::outcome::Recovery;
use crate::time::Patience;

use super::error::SshError;
use super::limits::Limits;
use super::session::Session;
use super::target::{Place, Road, Target};

/// Between two attempts to reach a machine that does not answer.
const PAUSE: Duration = Duration::from_secs(2);

/// A machine, the way there, and the session while there is one.
#[derive(Debug)]
pub struct Link {
    target: Target,
    road: Road,
    limits: Limits,
    session: Mutex<Option<Session>>,
}

impl Link {
    /// Connects to nothing yet.
    #[must_use]
    pub fn new(target: Target, road: Road, limits: Limits) -> Self {
        Self { target, road, limits, session: Mutex::new(None) }
    }

    /// The machine.
    #[must_use]
    pub fn place(&self) -> Place {
        self.target.place()
    }

    /// Whom it leads to.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The same way to another login or with another pin, for a machine that has become another system.
    #[must_use]
    pub fn to(&self, target: Target) -> Self {
        Self::new(target, self.road.clone(), self.limits)
    }

    /// The session that there is, or a new one. Several that ask at once get the same.
    ///
    /// # Errors
    /// Those of [`Session::open`].
    pub async fn session(&self, patience: &Patience) -> Result<Session, SshError> {
        let at = self.place();
        let waiting = patience.race(self.session.lock()).await;
        let mut kept = waiting.map_err(|ended| SshError::Ended { at, ended })?;
        if let Some(session) = kept.as_ref().filter(|session| !session.is_over()) {
            return Ok(session.clone());
        }
        let session = Session::open(&self.target, &self.road, &self.limits, patience).await?;
        *kept = Some(session.clone());
        Ok(session)
    }

    /// Connects anew, whatever there is: for proving that one can still log in.
    ///
    /// # Errors
    /// Those of [`Session::open`].
    pub async fn fresh(&self, patience: &Patience) -> Result<Session, SshError> {
        self.forget().await;
        self.session(patience).await
    }

    /// Lets the session go.
    pub async fn forget(&self) {
        self.session.lock().await.take();
    }

    /// Connects as soon as the machine answers: what may pass is tried again until the patience ends.
    ///
    /// # Errors
    /// What does not pass, at once; at the end of the patience the last of what does.
    pub async fn wait(&self, patience: &Patience) -> Result<Session, SshError> {
        loop {
            let error = match self.session(patience).await {
                Ok(session) => return Ok(session),
                Err(error) => error,
            };
            let Recovery::Retry(pause) = error.recovery() else {
                return Err(error);
            };
            if patience.pause(pause.unwrap_or(PAUSE)).await.is_err() {
                return Err(error);
            }
        }
    }
}
