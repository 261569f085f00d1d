//! Into what was installed, and the proof that it is what runs.

use super::access::Who;
use super::answers::Input;
use super::error::Fault;
use super::facts::{Facts, Running};
use super::phase::Phase;
use super::recorded::{Reached, Recorded};
use super::run::{Installed, Run};
use super::step::{Login, REBOOT, RECORD, must};

impl Run<'_> {
    /// Restarts into the installed system.
    pub(super) async fn restart(
        &mut self,
        login: Login,
        facts: Facts,
        recorded: Recorded,
        mounted: bool,
    ) -> Result<Installed, Fault> {
        self.asking.begin(Phase::Reboot);
        let limit = self.asking.deadlines.step;
        let input = Input::new().line("mounted", if mounted { "yes" } else { "no" });
        let answers = login.step(REBOOT, input, limit, self.asking.patience).await?;
        must(&answers, REBOOT, "leaving")?;
        self.asking.note("the machine restarts");

        let order = [Who::Installed, Who::Root, Who::Made];
        let after = self.asking.deadlines.reboot;
        let mut found = self.arrived(&order, &facts.boot_id, after).await?;
        if found.is_none() && self.restarted_by_cloud().await {
            found = self.arrived(&order, &facts.boot_id, after).await?;
        }
        let Some((login, facts)) = found else {
            return Err(Fault::NoSystem { after, console: self.console().await });
        };
        self.proven(&login, &facts, recorded, true).await
    }

    /// Proves that what runs is what was installed, and records it.
    pub(super) async fn proven(
        &mut self,
        login: &Login,
        facts: &Facts,
        mut recorded: Recorded,
        is_new: bool,
    ) -> Result<Installed, Fault> {
        let (Running::NixOs { system, booted }, true) =
            (&facts.running, recorded.reached >= Reached::Installed)
        else {
            return Err(Fault::OtherSystem { runs: facts.describe(), installed: recorded.system });
        };
        if recorded.reached != Reached::Proven {
            if *booted != recorded.system {
                return Err(Fault::OtherSystem { runs: facts.describe(), installed: recorded.system });
            }
            recorded.reached = Reached::Proven;
            let input = recorded.write(Input::new());
            login.step(RECORD, input, self.asking.deadlines.step, self.asking.patience).await?;
            self.asking.finish(system);
        }
        Ok(Installed {
            system: system.clone(),
            digest: recorded.digest,
            boot_id: facts.boot_id.clone(),
            is_new,
        })
    }
}
