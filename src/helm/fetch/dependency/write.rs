//! Laying what was fetched into the chart's folder.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use super::{DependencyError, Resolved, is_outdated, local_names, lock_names};

impl Resolved {
    /// Writes `charts/*.tgz` and the lock file, and takes earlier archives away, as Helm does. Each file
    /// appears whole or not at all; what was there stays until everything is on the disk.
    ///
    /// # Errors
    /// [`DependencyError::Write`] or [`DependencyError::Link`].
    pub fn write(&self) -> Result<(), DependencyError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            |error: io::Error| DependencyError::Write { path, error }
        };
        if !self.chart.declared.has_dependencies {
            return Ok(());
        }
        let name = lock_names(&self.chart).0;
        let lock = self.folder.join(name);
        if self.lock_changed && lock.is_symlink() {
            let to = fs::read_link(&lock).map_err(failed(&lock))?;
            return Err(DependencyError::Link { name, to });
        }
        let charts = self.folder.join("charts");
        fs::create_dir_all(&charts).map_err(failed(&charts))?;
        let fresh = self.folder.join(format!("tmpcharts-{}", std::process::id()));
        let laid = self.lay(&fresh, &charts, &lock);
        // What is left of a failure is of no use to anybody; that it stays is no failure of its own.
        let _ = fs::remove_dir_all(&fresh);
        laid
    }

    fn lay(&self, fresh: &Path, charts: &Path, lock: &Path) -> Result<(), DependencyError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            |error: io::Error| DependencyError::Write { path, error }
        };
        fs::create_dir_all(fresh).map_err(failed(fresh))?;
        for (file, bytes) in &self.archives {
            put(&fresh.join(file), bytes).map_err(failed(&charts.join(file)))?;
        }
        let written = fresh.join(".lock");
        if self.lock_changed {
            put(&written, self.lock.text().as_bytes()).map_err(failed(lock))?;
        }
        let local = local_names(&self.chart.declared.metadata.dependencies);
        for entry in fs::read_dir(charts).map_err(failed(charts))? {
            let entry = entry.map_err(failed(charts))?;
            let (path, name) = (entry.path(), entry.file_name());
            let is_new = self.archives.iter().any(|(file, _)| name == file.as_str());
            if is_new || !path.is_file() {
                continue;
            }
            if is_outdated(&fs::read(&path).map_err(failed(&path))?, &local) {
                fs::remove_file(&path).map_err(failed(&path))?;
            }
        }
        for (file, _) in &self.archives {
            let target = charts.join(file);
            fs::rename(fresh.join(file), &target).map_err(failed(&target))?;
        }
        if self.lock_changed {
            fs::rename(&written, lock).map_err(failed(lock))?;
        }
        Ok(())
    }
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
