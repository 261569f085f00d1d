//! A machine's first boot: the image on its disk, and what cloud-init makes of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::disk::{FileSystem, Layout, Volume};
use super::hardware::{Born, Traits};
use super::host_keys::{self, FIRST};
use super::nixos::{Description, User};
use super::tree::{Kind, Node, Tree};

/// Whom and what a machine is made for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    /// The computer's name.
    pub(crate) computer: String,
    pub(crate) user: String,
    pub(crate) keys: Vec<String>,
    /// The host key that its custom data brought, both halves.
    pub(crate) host_key: Option<(String, String)>,
}

impl Person {
    /// What custom data says (`#cloud-config`, of which JSON is a part).
    pub(crate) fn heed(&mut self, custom_data: &str) {
        let text = STANDARD.decode(custom_data).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let Some(rest) = text.as_deref().and_then(|text| text.strip_prefix("#cloud-config\n")) else {
            return;
        };
        let Ok(config) = serde_norway::from_str::<Value>(rest) else { return };
        if let Some(name) = config["hostname"].as_str() {
            name.clone_into(&mut self.computer);
        }
        let keys = config["ssh_authorized_keys"].as_array().into_iter().flatten();
        self.keys.extend(keys.filter_map(Value::as_str).map(str::to_owned));
        let half = |name: &str| config["ssh_keys"][name].as_str().map(str::to_owned);
        if let (Some(private), Some(public)) = (half("ed25519_private"), half("ed25519_public")) {
            self.host_key = Some((private, public));
        }
    }
}

/// What an image lays on a disk of so many bytes.
pub(crate) fn layout(bytes: u64, person: &Person, traits: &Traits) -> Layout {
    let (private, public) = person.host_key.clone().unwrap_or_else(host_keys::draw);
    let mut root = Tree::default();
    root.write(FIRST, 0o600, private);
    root.write(&format!("{FIRST}.pub"), 0o644, public.trim_end().to_owned() + "\n");
    root.write("/etc/hostname", 0o644, format!("{}\n", person.computer));
    root.write("/etc/machine-id", 0o444, format!("{}\n", uuid::Uuid::new_v4().simple()));
    root.folder("/var/lib");
    if traits.has_k3s {
        root.folder("/var/lib/rancher/k3s/server");
    }
    let free = traits.root_free_mib.map_or_else(|| (bytes / 1024).saturating_sub(4 << 20), |mib| mib * 1024);
    let uuid = || uuid::Uuid::new_v4().to_string();
    let partitions = match traits.born.unwrap_or_default() {
        Born::Ubuntu => {
            ubuntu(&mut root, person);
            let room = traits.boot_free_mib.unwrap_or(780) * 1024;
            vec![
                (1, Some(Volume::with(FileSystem::Ext4, &uuid(), "cloudimg-rootfs", free, root))),
                (
                    15,
                    Some(Volume::with(
                        FileSystem::Vfat,
                        "A1B2-0001",
                        "UEFI",
                        100 * 1024,
                        esp("ubuntu/shimx64.efi"),
                    )),
                ),
                (16, Some(Volume::with(FileSystem::Ext4, &uuid(), "BOOT", room, grub(traits)))),
            ]
        }
        born => {
            nixos(&mut root, person, born);
            let room = traits.boot_free_mib.unwrap_or(900) * 1024;
            vec![
                (1, Some(Volume::with(FileSystem::Vfat, "A1B2-0002", "ESP", room, esp("BOOT/BOOTX64.EFI")))),
                (2, Some(Volume::with(FileSystem::Ext4, &uuid(), "nixos", free, root))),
            ]
        }
    };
    Layout::Table { uuid: uuid(), partitions }
}

fn esp(loader: &str) -> Tree {
    let mut files = Tree::default();
    files.write(&format!("/EFI/{loader}"), 0o700, "a loader\n");
    files
}

fn grub(traits: &Traits) -> Tree {
    let mut files = Tree::default();
    files.write("/vmlinuz", 0o600, "a signed kernel\n");
    if !traits.no_loader {
        let config = "if [ \"${next_entry}\" ] ; then\nsource ${config_directory}/custom.cfg\n";
        files.write("/grub/grub.cfg", 0o600, config);
        files.write("/grub/grubenv", 0o644, "# GRUB Environment Block\n");
    }
    files
}

fn ubuntu(root: &mut Tree, person: &Person) {
    let user = &person.user;
    root.write("/etc/os-release", 0o644, "ID=ubuntu\nVERSION_ID=\"24.04\"\n");
    let passwd =
        format!("root:x:0:0:root:/root:/bin/bash\n{user}:x:1000:1000:Ubuntu:/home/{user}:/bin/bash\n");
    root.write("/etc/passwd", 0o644, passwd);
    let keys = person.keys.iter().fold(String::new(), |all, key| all + key.trim() + "\n");
    let kind = Kind::File(keys.as_bytes().into());
    root.put(
        &format!("/home/{user}/.ssh/authorized_keys"),
        Node { kind, owner: format!("{user}:{user}"), mode: 0o600 },
    );
    // With `disable_root` cloud-init lets root's key in, to say that root is not let in.
    let said = format!(
        "no-port-forwarding,no-agent-forwarding,no-X11-forwarding,command=\"echo 'Please login as the user \\\"{user}\\\" \
         rather than the user \\\"root\\\".';echo;sleep 10;exit 142\" "
    );
    let root_keys = person.keys.iter().fold(String::new(), |all, key| all + &said + key.trim() + "\n");
    root.write("/root/.ssh/authorized_keys", 0o600, root_keys);
}

fn nixos(root: &mut Tree, person: &Person, born: Born) {
    let path = "/nix/store/00000000000000000000000000000000-nixos-system-cloud-26.05";
    let users = vec![User { name: person.user.clone(), keys: person.keys.clone(), administrator: true }];
    let description = Description { users, ..Description::default() };
    install(root, "", path, &description);
    root.write("/etc/nixos/configuration.nix", 0o644, "{ }\n");
    if born == Born::Image {
        root.write("/etc/bud/image", 0o644, "1\n");
    }
}

/// Where a system says what it is.
pub(crate) const SAYS: &str = "simulated.json";

/// Lays a system down below a folder, and makes it the one that boots.
pub(crate) fn install(files: &mut Tree, below: &str, path: &str, description: &Description) {
    let text = serde_json::to_string(description).unwrap_or_default();
    files.write(&format!("{below}{path}/{SAYS}"), 0o444, text);
    let profiles = format!("{below}/nix/var/nix/profiles");
    let generation = files
        .names(&profiles)
        .iter()
        .filter_map(|name| name.strip_prefix("system-")?.strip_suffix("-link")?.parse::<u32>().ok())
        .max()
        .unwrap_or(0)
        + 1;
    files.point(&format!("{profiles}/system-{generation}-link"), path);
    files.point(&format!("{profiles}/system"), &format!("system-{generation}-link"));
    files.write(&format!("{below}/etc/NIXOS"), 0o644, "");
}

/// The system that a root boots: its path and what it is.
pub(crate) fn installed(root: &Tree) -> Option<(String, Description)> {
    let profiles = "/nix/var/nix/profiles";
    let generation = root.link(&format!("{profiles}/system"))?;
    let path = root.link(&format!("{profiles}/{generation}"))?.to_owned();
    let text = root.text(&format!("{path}/{SAYS}"))?;
    Some((path, serde_json::from_str(&text).ok()?))
}
