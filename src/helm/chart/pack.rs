//! Packing a chart's files into an archive, as `helm package` and `file://` dependencies want it.

use std::io;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::Chart;

/// The chart as an archive: every file below a folder of the chart's name. Equal charts give equal bytes.
///
/// # Errors
/// A file whose path no archive can hold.
pub fn pack(chart: &Chart) -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for file in &chart.raw {
        let mut header = tar::Header::new_gnu();
        header.set_size(file.data.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, format!("{}/{}", chart.name(), file.name), &*file.data)?;
    }
    archive.into_inner()?.finish()
}

#[cfg(test)]
mod tests {
    use super::pack;
    use crate::helm::chart::archive::Limits;
    use crate::helm::chart::{Chart, SourceFile};

    #[test]
    fn what_is_packed_is_the_same_chart_again() {
        let file = |name: &str, text: &str| SourceFile { name: name.into(), data: text.as_bytes().into() };
        let long = format!("templates/{}.yaml", "n".repeat(150));
        let files = vec![
            file("Chart.yaml", "apiVersion: v2\nname: one\nversion: 1.0.0\n"),
            file("charts/two/Chart.yaml", "apiVersion: v2\nname: two\nversion: 2.0.0\n"),
            file(&long, "a: 1\n"),
        ];
        let chart = Chart::load(files, Limits::default()).unwrap();
        let packed = pack(&chart).unwrap();
        let again = Chart::unpack(&packed, Limits::default()).unwrap();
        assert_eq!(again.raw, chart.raw);
        assert_eq!(pack(&again).unwrap(), packed);
    }
}
