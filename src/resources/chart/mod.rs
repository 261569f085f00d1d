//! `data.bud_chart`: a chart's metadata, values and objects, without a cluster.

mod declaration;
mod explain;
mod rendering;

pub(super) use declaration::source;
pub(super) use explain::{
    dependency as dependency_problem, fetch as fetch_problem, template as template_problem,
};
pub(super) use rendering::{
    check as check_rendering, document as values_document, kubernetes as kubernetes_version, on_a_large_stack,
};

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;

use self::declaration::{ChartSpec, ChartStatus};
use super::chart_place::{self, ChartPlace};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::helm::render::Engine;
use crate::lifecycle::Source;
use crate::provider::Context;
use crate::schema::{Attributes, DataSource, Unread};
use crate::time::Patience;
use crate::value::{Path, Value};

/// The data source, bound to the configured provider.
pub(super) struct Chart {
    context: Arc<Context>,
    engine: Arc<Engine>,
}

impl Chart {
    pub(super) fn new(context: Arc<Context>, engine: Arc<Engine>) -> Self {
        Self { context, engine }
    }
}

impl ChartSpec {
    fn place(&self) -> ChartPlace {
        ChartPlace {
            chart: self.chart.clone(),
            repository: self.repository.clone(),
            version: self.version.clone(),
            devel: self.devel,
            username: self.repository_username.clone(),
            password: self.repository_password.clone(),
            ca_file: self.repository_ca_file.clone(),
            cert_file: self.repository_cert_file.clone(),
            key_file: self.repository_key_file.clone(),
            pass_credentials: self.pass_credentials,
            dependency_update: self.dependency_update,
            verify: self.verify,
            keyring: self.keyring.clone(),
        }
    }
}

#[async_trait]
impl Source for Chart {
    fn schema(&self) -> &DataSource {
        static SOURCE: LazyLock<DataSource> = LazyLock::new(declaration::source);
        &SOURCE
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(300)
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut diagnostics = Diagnostics::none();
        chart_place::check(config, &["repository_password"], &mut diagnostics);
        rendering::check(config, &mut diagnostics);
        diagnostics
    }

    async fn read(&self, object: &Value, patience: &Patience) -> Result<(Value, Diagnostics), Diagnostics> {
        let spec = ChartSpec::from_object(object, &Path::root()).map_err(|unread| match unread {
            Unread::Unknown => Diagnostic::bug("A data source was read before its arguments were known."),
            Unread::Wrong(diagnostic) => *diagnostic,
        })?;
        let fetched = spec.place().fetch(&self.context, patience).await?;
        let (engine, asked) = (Arc::clone(&self.engine), spec.clone());
        let (status, warnings): (ChartStatus, Vec<String>) =
            rendering::on_a_large_stack(move || rendering::status(&engine, &asked, fetched)).await?;
        let mut state = BTreeMap::new();
        spec.write_into(&mut state);
        status.write_into(&mut state);
        let warnings = warnings
            .into_iter()
            .map(|text| Diagnostic::warning("Told by the chart", text).at(Path::of("values")));
        Ok((Value::Map(state), Diagnostics(warnings.collect())))
    }
}
