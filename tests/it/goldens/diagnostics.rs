//! What users read for bad input: summary, place and text of each error, to be reviewed as one page.

use super::golden;
use crate::harness::host::{Host, Processes, told};
use crate::harness::world::World;
use crate::node_pool::{NET, NETWORK, POOL, workers};
use crate::real::bad_input::REFUSED;

/// Pools that a plan refuses; the arguments beside name, role, network and key.
const POOLS: &[&str] = &[
    "sku = \"D2s_v55\"",
    "sku = \"cpu\"\nzones = [\"1\", \"9\"]",
    "sku = \"cpu\"\nnode_count = -1",
    "sku = \"cpu\"\nsecurity_group = \"defualt\"",
    "sku = \"cpu\"\nos_disk = { size_gb = 5 }",
    "sku = \"B1s\"\naccelerated_networking = true",
    "sku = \"cpu\"\npublic_ipv4 = false",
    "sku = \"cpu\"\nremove_nodes = [\"x-1\"]",
    "sku = \"cpu\"\nadmin_username = \"root\"",
    "",
];

/// Provider blocks and variables with which nothing can be reached.
const PROVIDERS: &[(&str, &str, &str)] = &[
    ("", "ARM_TENANT_ID", "7e4a0000-0000-4000-8000-00000000dead"),
    ("", "ARM_CLIENT_ID", "c11e0000-0000-4000-8000-00000000dead"),
    ("", "ARM_CLIENT_SECRET", "not-the-secret-that-it-should-be"),
    // Whether there is a CLI is another matter on each machine.
    ("azure = { use_cli = false }", "ARM_CLIENT_SECRET", ""),
    ("", "ARM_SUBSCRIPTION_ID", "5b1d0000-0000-4000-8000-00000000dead"),
    ("", "ARM_SUBSCRIPTION_ID", ""),
    ("", "BUD_AZURE_AUTHORITY_HOST", "https://127.0.0.1:1"),
    ("", "BUD_AZURE_RESOURCE_MANAGER_ENDPOINT", "https://127.0.0.1:1"),
    ("", "BUD_AZURE_CA_FILE", "/nowhere/ca.pem"),
    ("azure = { client_certificate_path = \"/nowhere/client.pfx\" }", "", ""),
    ("azure = { use_oidc = true, oidc_token = \"no.real.token\" }", "ARM_CLIENT_SECRET", ""),
    ("azure = { environment = \"mars\" }", "", ""),
    ("default_tags = { \"bud:owner\" = \"me\" }", "", ""),
    ("ttl = \"soon\"", "", ""),
];

/// Without what is another in every run, or on other systems: ports, ids of requests, times, numbers of errors.
fn settled(text: &str) -> String {
    let mut text = text.to_owned();
    for (before, until) in [
        ("127.0.0.1:", "/ \n."),
        ("Request id: ", "\n"),
        ("Trace ID: ", " \n"),
        ("Correlation ID: ", " \n"),
        ("Timestamp: ", "\n,"),
        ("(os error ", ")"),
    ] {
        let mut from = 0;
        while let Some(found) = text[from..].find(before) {
            let start = from + found + before.len();
            let end = text[start..].find(|next| until.contains(next)).map_or(text.len(), |end| start + end);
            text.replace_range(start..end, "…");
            from = start;
        }
    }
    text
}

fn page(text: &mut String, input: &str, said: &str) {
    let input = input.trim().replace('\n', "\n    ");
    let said = settled(said);
    let lines = said.lines().map(|line| if line.is_empty() { String::new() } else { format!("  {line}") });
    text.push_str(&format!("    {input}\n\n{}\n\n", lines.collect::<Vec<_>>().join("\n")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_of_errors_are_those_that_were_looked_at() {
    let world = World::start().await;
    let mut host = Host::start(world.launch(), Processes::Shared).await;
    let mut text =
        "What users read for bad input, below the arguments that cause it.\n\n== bud_network\n\n".to_owned();
    let mut cases = 0;
    for case in REFUSED {
        let name = if case.arguments.starts_with("name") { "" } else { "name = \"lab\"\n" };
        let region = if case.arguments.starts_with("location") { "" } else { "location = \"westus\"\n" };
        let found = host.plan(NETWORK, &format!("{name}{region}{}\n", case.arguments)).await.unwrap_err();
        // What the host says before it asks us is its own text.
        if found.0.iter().all(|one| one.summary != "Invalid configuration") {
            page(&mut text, case.arguments, &told(&found));
            cases += 1;
        }
    }
    text.push_str("== bud_node_pool\n\n");
    host.apply(NETWORK, NET).await.done();
    host.plan(NETWORK, NET).await.unwrap();
    for arguments in POOLS {
        let found = host.plan(POOL, &workers(arguments)).await.expect_err(arguments);
        page(&mut text, if arguments.is_empty() { "(no machine type)" } else { arguments }, &told(&found));
        cases += 1;
    }
    host.destroy(NETWORK).await.done();
    text.push_str("== The provider, and the world\n\n");
    for (body, variable, value) in PROVIDERS {
        let mut host = Host::start(world.launch(), Processes::Separate).await;
        host.provider(body);
        if !variable.is_empty() {
            host.environment(variable, value);
        }
        let outcome = host
            .apply(
                NETWORK,
                "name = \"lab\"\nlocation = \"westus\"\ntimeouts = { create = \"5s\", read = \"5s\" }\n",
            )
            .await;
        assert!(outcome.failed(), "{body} {variable}");
        let variable = if variable.is_empty() { String::new() } else { format!("{variable}={value}") };
        page(&mut text, &format!("{body}\n{variable}"), &outcome.text());
        cases += 1;
    }
    let mut host = Host::start(world.launch(), Processes::Separate).await;
    let outcome = host.apply(NETWORK, "name = \"lab\"\nlocation = \"atlantis\"\n").await;
    page(&mut text, "location = \"atlantis\"", &outcome.text());
    assert!(cases > 50 && world.ledger().await.objects.is_empty());
    golden("diagnostics.txt", text.trim_end_matches('\n'));
}
