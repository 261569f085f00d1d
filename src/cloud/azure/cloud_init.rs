//! What a machine gets at its first boot: its host key, laid down before sshd starts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::cloud::HostKey;

/// The custom data of a machine, as Azure wants it.
///
/// cloud-init reads YAML, of which JSON is a part. With `ssh_keys` it makes no host keys of its own and
/// removes the image's; its `ssh` step runs before sshd may start.
pub(super) fn custom_data(name: &str, host_key: &HostKey, authorized: &[String]) -> String {
    let config = json!({
        "hostname": name,
        "preserve_hostname": false,
        "ssh_pwauth": false,
        "disable_root": true,
        "ssh_deletekeys": true,
        "ssh_keys": {
            "ed25519_private": host_key.private.expose(),
            "ed25519_public": host_key.public,
        },
        "ssh_authorized_keys": authorized,
    });
    STANDARD.encode(format!("#cloud-config\n{config}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn it_is_a_cloud_config_with_both_halves_and_no_password() {
        let key = HostKey {
            public: "ssh-ed25519 AAAA".to_owned(),
            private: Secret::new(
                "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----\n",
            ),
        };
        let data = STANDARD.decode(custom_data("gpu-0", &key, &["ssh-rsa X".to_owned()])).unwrap();
        let text = String::from_utf8(data).unwrap();
        let (first, rest) = text.split_once('\n').unwrap();
        assert_eq!(first, "#cloud-config");
        let config: serde_json::Value = serde_json::from_str(rest).unwrap();
        assert_eq!(config["ssh_keys"]["ed25519_private"], key.private.expose());
        assert_eq!(config["ssh_keys"]["ed25519_public"], key.public);
        assert_eq!(config["ssh_pwauth"], false);
        assert_eq!(config["hostname"], "gpu-0");
        assert_eq!(config["ssh_authorized_keys"][0], "ssh-rsa X");
    }
}
