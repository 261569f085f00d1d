//! What a machine's disk script says: its assignments at the top, and its data disks.

use std::collections::BTreeMap;

use super::super::command::words;

/// A script that lays out a machine's disks.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct DiskScript {
    variables: BTreeMap<String, String>,
    pub(super) data: Vec<Data>,
}

/// A data disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Data {
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) mount: String,
    pub(super) file_system: String,
    pub(super) label: String,
}

impl DiskScript {
    /// Reads a script up to the end of its list of data disks; none where it is another script.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (head, rest) = text.split_once("\neach_data_disk() {\n")?;
        let (list, _) = rest.split_once("\n}\n")?;
        let mut script = Self::default();
        for line in head.lines() {
            if let Some((name, value)) = line.split_once('=')
                && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            {
                script.variables.insert(name.to_owned(), words(value)?.concat());
            }
        }
        for line in list.lines().map(str::trim).filter(|line| *line != ":") {
            let words = words(line.strip_prefix("\"$1\" ")?)?;
            let [kind, id, mount, file_system, label] = <[String; 5]>::try_from(words).ok()?;
            script.data.push(Data { kind, id, mount, file_system, label });
        }
        script.variables.contains_key("system_id").then_some(script)
    }

    pub(super) fn get(&self, name: &str) -> &str {
        self.variables.get(name).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_and_data_disks_are_read() {
        let text = "#!/bin/sh\nset -eu\n\nsystem_kind='serial'\nsystem_id='it'\\''s 1'\n\n# Calls.\neach_data_disk() {\n  \
                    \"$1\" 'lun' '23' '/srv' 'ext4' 'bud-storage'\n  :\n}\nrefuse() {\n  status=$1\n}\n";
        let script = DiskScript::read(text).unwrap();
        assert_eq!((script.get("system_kind"), script.get("system_id")), ("serial", "it's 1"));
        let data = ["lun", "23", "/srv", "ext4", "bud-storage"].map(str::to_owned);
        let [kind, id, mount, file_system, label] = data;
        assert_eq!(script.data, [Data { kind, id, mount, file_system, label }]);
        assert_eq!(DiskScript::read("#!/bin/sh\nrm -rf /\n"), None);
    }
}
