//! Bad input: one clear error on the attribute, and nothing made.

use super::host::Shown;
use super::{Folder, World, each};

/// One argument that is wrong.
pub(crate) struct Case {
    /// The configuration of the network, one argument a line.
    pub(crate) arguments: &'static str,
    /// How the line begins to which the error must point.
    line: &'static str,
    /// What the error must say, in its summary or detail.
    says: &'static str,
}

const fn case(arguments: &'static str, line: &'static str, says: &'static str) -> Case {
    Case { arguments, line, says }
}

/// What a plan refuses.
pub(crate) const REFUSED: &[Case] = &[
    case("ipv4_cidr = \"10.177.0.0\"", "ipv4_cidr", "is no IPv4 range"),
    case("ipv4_cidr = \"10.300.0.0/16\"", "ipv4_cidr", "is no IPv4 range"),
    case("ipv4_cidr = \"fd12::/48\"", "ipv4_cidr", "is no IPv4 range"),
    case("ipv6_cidr = \"10.0.0.0/8\"", "ipv6_cidr", "is no IPv6 range"),
    case("ipv4_cidr = \"10.177.1.0/16\"", "ipv4_cidr", "10.177.0.0/16"),
    case("ipv6_cidr = \"fd12:babe:cafe::1/48\"", "ipv6_cidr", "fd12:babe:cafe::/48"),
    case("ipv6 = false\nipv6_cidr = \"fd12:babe:cafe::/48\"", "ipv6_cidr", "ipv6 is false"),
    case(
        "subnets = { a = { ipv4_cidr = \"10.177.4.0/23\" }, b = { ipv4_cidr = \"10.177.5.0/24\" } }",
        "subnets",
        "overlaps",
    ),
    case("subnets = { a = { ipv4_cidr = \"10.178.0.0/24\" } }", "subnets", "not inside the network's"),
    case("subnets = { a = { ipv4_cidr = \"10.177.4.7/24\" } }", "subnets", "10.177.4.0/24"),
    case("subnets = { a = { ipv4_cidr = \"10.177.4.0/30\" } }", "subnets", "at most /29"),
    case("subnets = { \"a b\" = { ipv4_cidr = \"10.177.4.0/24\" } }", "subnets", "\"a b\""),
    case(
        "rules = { ssh = { priority = 100, ports = [\"22\"] }, web = { priority = 100, ports = [\"80\"] } }",
        "rules",
        "must be unique",
    ),
    case("rules = { ssh = { priority = 99, ports = [\"22\"] } }", "rules", "between 100 and 4096"),
    case("rules = { ssh = { priority = 100, ports = [\"70000\"] } }", "rules", "\"70000\" is no port"),
    case("rules = { ssh = { priority = 100, ports = [\"30-20\"] } }", "rules", "\"30-20\" is no port"),
    case("rules = { ssh = { priority = 100, protocol = \"smtp\" } }", "rules", "smtp"),
    case("rules = { ssh = { priority = 100, sources = [\"10.0.0.1/8\"] } }", "rules", "10.0.0.0/8"),
    case("rules = { ssh = {} }", "rules", "priority"),
    case("rules = { ssh = { priority = \"high\" } }", "rules", "number"),
    case("rules = { ssh = { priority = 100.5 } }", "rules", "whole number"),
    case("security_groups = { default = { rules = {} } }", "security_groups", "network's own"),
    case(
        "ssh_sources = [\"203.0.113.0/24\"]\nrules = { ssh = { priority = 100, ports = [\"22\"] } }",
        "ssh_sources",
        "default_rules",
    ),
    case("ssh_sources = [\"203.0.113.256/24\"]", "ssh_sources", "203.0.113.256/24"),
    case("name = \"-lab\"", "name", "is no name of a network"),
    case("name = \"l\"", "name", "is no name of a network"),
    case("resource_group_name = \"lab.\"", "resource_group_name", "is no name of a resource group"),
    case("location = \"West_US\"", "location", "is no name of a region"),
    case("tags = { \"bud:owner\" = \"me\" }", "tags", "kept for the provider's own tags"),
    case("tags = { a = [\"b\"] }", "tags", "string"),
    case("ipv6 = \"perhaps\"", "ipv6", "bool"),
    case("subnets = [\"10.177.4.0/24\"]", "subnets", "map"),
    case("foreign_rules = \"ignore\"", "foreign_rules", "ignore"),
    case("ttl = \"soon\"", "ttl", "soon"),
    case("timeouts = { create = \"ten\" }", "timeouts", "ten"),
    case("cloud = \"aws\"", "cloud", "\"azure\" only"),
    case("cloud = \"hosts\"", "cloud", "need no bud_network"),
    case("cloud = \"gcp\"", "cloud", "gcp"),
    case("subnet_ids = {}", "subnet_ids", "subnet_ids"),
    case("security_groups = { a = { rules = {} }, b = \"x\" }", "security_groups", "required"),
];

/// Writes the network of a case; its name is the case's where that has one.
fn write(folder: &Folder<'_>, provider: &str, arguments: &str) {
    let name = if arguments.starts_with("name") { "" } else { "  name = \"lab\"\n" };
    folder.write(
        &format!("location = \"westus\"\n{provider}"),
        &format!("resource \"bud_network\" \"lab\" {{\n{name}{arguments}\n}}"),
    );
}

/// The one error of a run that must have failed.
#[track_caller]
fn one_error(folder: &Folder<'_>, command: &[&str], what: &str) -> Shown {
    let run = folder.run(command).failed();
    let errors = run.errors();
    assert_eq!(errors.len(), 1, "{what}: {errors:#?}\n{}", run.out);
    errors[0].clone()
}

/// Whether an error points to the attribute. What lies deeper than a resource's own attributes has no
/// line in the hosts' eyes, who then show the resource's first: the text must say the place.
fn on_the_attribute(error: &Shown, line: &str) -> bool {
    let place = [format!("{line}["), format!("{line}.")];
    error.code.starts_with(line)
        || (error.code.starts_with("resource ") && place.iter().any(|place| error.detail.contains(place)))
}

#[test]
fn a_plan_refuses_it_on_the_attribute() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        let mut wrong = Vec::new();
        for Case { arguments, line, says } in REFUSED {
            write(&folder, "", arguments);
            let run = folder.run(&["plan", "-json"]);
            let errors = run.errors();
            let good = !run.status.success()
                && errors.len() == 1
                && on_the_attribute(&errors[0], line)
                && (errors[0].detail.contains(says) || errors[0].summary.contains(says));
            if !good {
                wrong.push(format!("{arguments}\n  wanted {says:?} at {line:?}, got {errors:#?}"));
            }
        }
        assert!(
            wrong.is_empty(),
            "{}: {} of {}\n{}",
            host.name,
            wrong.len(),
            REFUSED.len(),
            wrong.join("\n")
        );
        world.is_empty("after refused plans");
        assert_eq!(world.writes(), Vec::<String>::new());
    });
}

#[test]
fn a_region_that_is_not_there_is_refused_before_anything_is_made() {
    each(|host| {
        let world = World::prompt();
        let folder = Folder::new(&world, host);
        write(&folder, "", "location = \"atlantis\"");
        let error = one_error(&folder, &["apply", "-auto-approve", "-json"], "atlantis");
        assert!(error.code.starts_with("location"), "{error:#?}");
        assert!(error.detail.contains("atlantis"), "{error:#?}");
        world.is_empty("after an unknown region");
        write(&folder, "", "");
        folder.apply().succeeded().says("1 added");
        folder.destroy().succeeded();
        world.is_empty("after destroy");
    });
}

#[test]
fn wrong_credentials_are_named_and_nothing_is_made() {
    each(|host| {
        let world = World::prompt();
        let elsewhere = "7e4a0000-0000-4000-8000-00000000dead";
        let wrong: [(&str, &str, &str); 4] = [
            ("ARM_TENANT_ID", elsewhere, "tenant"),
            ("ARM_CLIENT_SECRET", "not-the-secret-that-it-should-be", "secret"),
            ("ARM_CLIENT_ID", "c11e0000-0000-4000-8000-00000000dead", "client"),
            ("ARM_SUBSCRIPTION_ID", "5b1d0000-0000-4000-8000-00000000dead", "subscription"),
        ];
        for (variable, value, says) in wrong {
            let mut folder = Folder::new(&world, host);
            folder.env.insert(variable.to_owned(), value.to_owned());
            write(&folder, "", "");
            let error = one_error(&folder, &["apply", "-auto-approve", "-json"], variable);
            let text = format!("{} {}", error.summary, error.detail).to_lowercase();
            assert!(text.contains(says), "{variable}: {error:#?}");
            assert!(!text.contains("not-the-secret"), "{error:#?}");
            world.is_empty(variable);
        }
    });
}

#[test]
fn missing_credentials_are_listed_at_apply() {
    each(|host| {
        let world = World::prompt();
        let mut folder = Folder::new(&world, host);
        folder.env.retain(|name, _| !name.starts_with("ARM_CLIENT") && !name.starts_with("ARM_TENANT"));
        write(&folder, "", "");
        let error = one_error(&folder, &["apply", "-auto-approve", "-json"], "no credentials");
        assert!(error.detail.contains("ARM_"), "{error:#?}");
        let mut folder = Folder::new(&world, host);
        folder.env.remove("ARM_SUBSCRIPTION_ID");
        write(&folder, "", "");
        let error = one_error(&folder, &["apply", "-auto-approve", "-json"], "no subscription");
        assert!(error.detail.contains("subscription_id"), "{error:#?}");
        world.is_empty("without credentials");
    });
}

#[test]
fn an_endpoint_that_does_not_answer_is_named() {
    each(|host| {
        let world = World::prompt();
        for (variable, argument) in [
            ("BUD_AZURE_RESOURCE_MANAGER_ENDPOINT", "azure.resource_manager_endpoint"),
            ("BUD_AZURE_AUTHORITY_HOST", "azure.authority_host"),
        ] {
            let mut folder = Folder::new(&world, host);
            folder.env.insert(variable.to_owned(), "https://127.0.0.1:1".to_owned());
            write(&folder, "", "timeouts = { create = \"5s\", read = \"5s\" }");
            let run = folder.run(&["apply", "-auto-approve", "-json"]).failed();
            let errors = run.errors();
            assert_eq!(errors.len(), 1, "{variable}: {errors:#?}");
            assert!(errors[0].detail.contains("127.0.0.1"), "{errors:#?}");
            assert!(errors[0].detail.contains(argument), "{argument} is not named: {errors:#?}");
            assert!(run.took.as_secs() < 60, "{:?}", run.took);
        }
        world.is_empty("without a cloud");
    });
}
