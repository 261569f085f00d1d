//! The guest's first settings: names, logins, custom data.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::super::message::Refusal;
use super::super::draft::Draft;
use super::super::store::Object;
use super::{at, invalid, missing, text_at};

/// Names that no administrator may have.
const RESERVED: &[&str] = &[
    "administrator",
    "admin",
    "user",
    "user1",
    "test",
    "user2",
    "test1",
    "user3",
    "admin1",
    "1",
    "123",
    "a",
    "actuser",
    "adm",
    "admin2",
    "aspnet",
    "backup",
    "console",
    "david",
    "guest",
    "john",
    "owner",
    "root",
    "server",
    "sql",
    "support",
    "support_388945a0",
    "sys",
    "test2",
    "test3",
    "user4",
    "user5",
];

/// Longest custom data, in characters of base64.
const LONGEST_DATA: usize = 87_380;

/// Checks the profile.
pub(super) fn check(draft: &mut Draft, existing: Option<&Object>) -> Result<(), Refusal> {
    let properties = &mut draft.content.properties;
    let attached = text_at(properties, "storageProfile.osDisk.createOption") == "Attach";
    if !properties.contains_key("osProfile") {
        return if attached || existing.is_some() { Ok(()) } else { Err(missing("osProfile")) };
    }
    if attached {
        return Err(
            Refusal::bad("InvalidParameter", "Parameter 'osProfile' is not allowed.").target("osProfile")
        );
    }
    let computer = text_at(properties, "osProfile.computerName");
    let strange = computer.chars().any(|c| "`~!@#$%^&*()=+_[]{}\\|;:'\",<>/?. ".contains(c) && c != '.');
    if computer.is_empty() || computer.chars().count() > 64 || strange {
        let message = "Linux host name cannot exceed 64 characters in length or contain the following characters: ` ~ ! @ # $ \
                       % ^ & * ( ) = + _ [ ] { } \\ | ; : ' \" , < > / ?.";
        return Err(Refusal::bad("InvalidParameter", message).target("computerName"));
    }
    let admin = text_at(properties, "osProfile.adminUsername").to_owned();
    if RESERVED.contains(&admin.to_lowercase().as_str()) {
        let message = "The Admin Username specified is not allowed.";
        return Err(Refusal::bad("InvalidParameter", message).target("adminUsername"));
    }
    let starts =
        admin.chars().next().is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_uppercase() || c == '_');
    let fits = admin.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    if !starts || !fits || admin.ends_with('.') || admin.chars().count() > 64 {
        return Err(invalid("osProfile.adminUsername"));
    }
    let data = text_at(properties, "osProfile.customData");
    if data.len() > LONGEST_DATA || STANDARD.decode(data).is_err() {
        let message = "Custom data in OSProfile must be in Base64 encoding and with a maximum length of 87380 characters.";
        return Err(Refusal::bad("InvalidParameter", message).target("customData"));
    }
    let password = text_at(properties, "osProfile.adminPassword").to_owned();
    let closed = at(properties, "osProfile.linuxConfiguration.disablePasswordAuthentication")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    if existing.is_none() {
        logins(draft, &admin, &password, closed)?;
    }
    if let Some(profile) = draft.content.properties.get_mut("osProfile").and_then(Value::as_object_mut) {
        // It is used and forgotten.
        profile.remove("adminPassword");
        profile.entry("allowExtensionOperations").or_insert(json!(true));
        profile.entry("secrets").or_insert(json!([]));
        profile.entry("requireGuestProvisionSignal").or_insert(json!(true));
        let linux = profile.entry("linuxConfiguration").or_insert_with(|| json!({}));
        if let Some(linux) = linux.as_object_mut() {
            linux.entry("disablePasswordAuthentication").or_insert(json!(closed));
            linux.entry("provisionVMAgent").or_insert(json!(true));
            linux
                .entry("patchSettings")
                .or_insert_with(|| json!({ "patchMode": "ImageDefault", "assessmentMode": "ImageDefault" }));
            linux.entry("enableVMAgentPlatformUpdates").or_insert(json!(false));
        }
    }
    Ok(())
}

fn logins(draft: &Draft, admin: &str, password: &str, closed: bool) -> Result<(), Refusal> {
    let properties = &draft.content.properties;
    let none = Vec::new();
    let keys = at(properties, "osProfile.linuxConfiguration.ssh.publicKeys")
        .and_then(Value::as_array)
        .unwrap_or(&none);
    if closed && keys.is_empty() {
        let message =
            "Authentication using either SSH or by user name and password must be enabled in Linux profile.";
        return Err(Refusal::bad("InvalidParameter", message).target("linuxConfiguration"));
    }
    if !closed && password.is_empty() && keys.is_empty() {
        return Err(missing("osProfile.adminPassword"));
    }
    let classes = [
        password.chars().any(|c| c.is_ascii_lowercase()),
        password.chars().any(|c| c.is_ascii_uppercase()),
        password.chars().any(|c| c.is_ascii_digit()),
        password.chars().any(|c| !c.is_ascii_alphanumeric()),
    ];
    let strong =
        (6..=72).contains(&password.chars().count()) && classes.iter().filter(|class| **class).count() >= 3;
    if !password.is_empty() && !strong {
        let message = "The supplied password must be between 6-72 characters long and must satisfy at least 3 of password \
                       complexity requirements from the following: 1) Contains an uppercase character 2) Contains a \
                       lowercase character 3) Contains a numeric digit 4) Contains a special character 5) Control \
                       characters are not allowed";
        return Err(Refusal::bad("InvalidParameter", message).target("adminPassword"));
    }
    for key in keys {
        let wanted = format!("/home/{admin}/.ssh/authorized_keys");
        if key["path"].as_str() != Some(&wanted) {
            let message = format!(
                "Destination path for SSH public keys is currently limited to its default value {wanted}  due to a known \
                 issue in Linux provisioning agent."
            );
            return Err(
                Refusal::bad("InvalidParameter", message).target("linuxConfiguration.ssh.publicKeys.path")
            );
        }
        if !is_key(key["keyData"].as_str().unwrap_or_default()) {
            return Err(invalid("linuxConfiguration.ssh.publicKeys.keyData"));
        }
    }
    Ok(())
}

/// Whether this is an RSA key of 2048 bits or more, or an Ed25519 key, in OpenSSH's form.
fn is_key(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let (Some(kind), Some(blob)) = (words.next(), words.next()) else { return false };
    let Ok(blob) = STANDARD.decode(blob) else { return false };
    let mut rest = blob.as_slice();
    let mut fields = Vec::new();
    while let Some((length, tail)) = rest.split_at_checked(4) {
        let length = length.iter().fold(0usize, |sum, byte| sum << 8 | usize::from(*byte));
        let Some((field, tail)) = tail.split_at_checked(length) else { return false };
        fields.push(field);
        rest = tail;
    }
    match (kind, fields.as_slice()) {
        ("ssh-ed25519", [b"ssh-ed25519", key]) => key.len() == 32,
        ("ssh-rsa", [b"ssh-rsa", _, modulus]) => modulus.len() >= 256,
        _ => false,
    }
}
