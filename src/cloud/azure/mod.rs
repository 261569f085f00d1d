//! Azure Resource Manager.
mod settings;
pub use settings::Settings;
/// x
pub struct Azure;
impl Azure {
    /// x
    pub fn new(_: Settings) -> Result<Self, super::CloudError> {
        Ok(Self)
    }
}
impl super::Cloud for Azure {
    fn networks(&self) -> std::sync::Arc<dyn super::Networks> {
        unreachable!()
    }
}
