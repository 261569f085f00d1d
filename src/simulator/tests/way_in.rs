//! The SOCKS5 proxy: what the security rules let through.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::bench::{Bench, address_body, group_body, network, network_body, rule};

/// A machine with a public address behind a group with these rules, listening on 22 (echo) and 80.
async fn machine(bench: &Bench, rules: &[Value]) -> IpAddr {
    bench.make("networkSecurityGroups/nsg", group_body(rules)).await;
    bench.make("virtualNetworks/net", network_body(&[("a", "10.0.1.0/24")])).await.is(201);
    bench.make("publicIPAddresses/ip", address_body()).await.is(201);
    bench.make("networkInterfaces/nic", interface(true)).await.is(201);
    let listeners = json!({ "22": "echo", "80": { "banner": "hello" } });
    let body = json!({ "nic": network("networkInterfaces/nic"), "listeners": listeners });
    bench.control("POST", "/machines", body).await.is(200);
    let read = bench.get("publicIPAddresses/ip").await;
    read.body["properties"]["ipAddress"].as_str().unwrap().parse().unwrap()
}

fn interface(group: bool) -> Value {
    let mut body = json!({ "location": "westeurope", "properties": {
        "ipConfigurations": [{ "name": "main", "properties": {
            "subnet": { "id": network("virtualNetworks/net/subnets/a") },
            "publicIPAddress": { "id": network("publicIPAddresses/ip") },
        } }],
    } });
    if group {
        body["properties"]["networkSecurityGroup"] = json!({ "id": network("networkSecurityGroups/nsg") });
    }
    body
}

/// Asks the proxy for a connection: its answer, and the stream.
pub(super) async fn connect(bench: &Bench, address: IpAddr, port: u16) -> (u8, TcpStream) {
    let proxy = bench.endpoint("proxy").strip_prefix("socks5://").unwrap().to_owned();
    let mut stream = TcpStream::connect(proxy).await.unwrap();
    stream.write_all(&[5, 1, 0]).await.unwrap();
    let mut two = [0; 2];
    stream.read_exact(&mut two).await.unwrap();
    assert_eq!(two, [5, 0]);
    let mut request = vec![5, 1, 0];
    match address {
        IpAddr::V4(address) => {
            request.push(1);
            request.extend(address.octets());
        }
        IpAddr::V6(address) => {
            request.push(4);
            request.extend(address.octets());
        }
    }
    request.extend(port.to_be_bytes());
    stream.write_all(&request).await.unwrap();
    let mut answer = [0; 10];
    stream.read_exact(&mut answer).await.unwrap();
    (answer[1], stream)
}

/// Whether the proxy stays silent, as a closed port does.
pub(super) async fn silent(bench: &Bench, address: IpAddr, port: u16) -> bool {
    tokio::time::timeout(Duration::from_millis(300), connect(bench, address, port)).await.is_err()
}

#[tokio::test]
async fn open_ports_answer_closed_ports_are_silent_and_empty_ones_refuse() {
    let bench = Bench::with_group().await;
    let address = machine(&bench, &[rule("ssh", 100, "22"), rule("more", 200, "80-90")]).await;
    let (code, mut stream) = connect(&bench, address, 22).await;
    assert_eq!(code, 0);
    stream.write_all(b"ping").await.unwrap();
    let mut four = [0; 4];
    stream.read_exact(&mut four).await.unwrap();
    assert_eq!(&four, b"ping");
    let (code, mut stream) = connect(&bench, address, 80).await;
    let mut five = [0; 5];
    stream.read_exact(&mut five).await.unwrap();
    assert_eq!((code, &five), (0, b"hello"));
    assert_eq!(connect(&bench, address, 81).await.0, 5);
    assert!(silent(&bench, address, 443).await);
    assert_eq!(connect(&bench, address, 443).await.0, 6);
    assert_eq!(connect(&bench, "198.18.99.99".parse().unwrap(), 22).await.0, 4);
}

#[tokio::test]
async fn the_lower_number_wins() {
    let bench = Bench::with_group().await;
    let mut deny = rule("deny", 100, "*");
    deny["properties"]["access"] = json!("Deny");
    let address = machine(&bench, &[rule("ssh", 200, "22"), deny.clone()]).await;
    assert!(silent(&bench, address, 22).await);
    bench.make("networkSecurityGroups/nsg", group_body(&[rule("ssh", 99 + 1, "22")])).await.is(200);
    assert_eq!(connect(&bench, address, 22).await.0, 0);
    deny["properties"]["priority"] = json!(300);
    bench.make("networkSecurityGroups/nsg", group_body(&[rule("ssh", 200, "22"), deny])).await.is(200);
    assert_eq!(connect(&bench, address, 22).await.0, 0);
}

#[tokio::test]
async fn protocol_and_source_count() {
    let bench = Bench::with_group().await;
    let address = machine(&bench, &[]).await;
    let with = |property: &str, value: &str| {
        let mut rule = rule("r", 100, "22");
        rule["properties"][property] = json!(value);
        group_body(&[rule])
    };
    for (property, value, open) in [
        ("protocol", "Udp", false),
        ("protocol", "*", true),
        ("sourceAddressPrefix", "10.0.0.0/8", false),
        ("sourceAddressPrefix", "203.0.113.0/24", true),
        ("sourceAddressPrefix", "203.0.113.10", true),
        ("sourceAddressPrefix", "VirtualNetwork", false),
        ("sourceAddressPrefix", "Internet", true),
        ("destinationAddressPrefix", "10.0.1.4/32", true),
        ("destinationAddressPrefix", "10.0.1.5/32", false),
        ("direction", "Outbound", false),
        ("sourcePortRange", "22", false),
    ] {
        bench.make("networkSecurityGroups/nsg", with(property, value)).await.is(200);
        assert_eq!(!silent(&bench, address, 22).await, open, "{property} = {value}");
    }
    bench.make("networkSecurityGroups/nsg", with("sourceAddressPrefix", "198.51.100.7/32")).await.is(200);
    bench.quirks(json!({ "outside_address": "198.51.100.7" })).await;
    assert_eq!(connect(&bench, address, 22).await.0, 0);
}

#[tokio::test]
async fn the_subnets_group_counts_too_and_without_any_group_all_is_closed() {
    let bench = Bench::with_group().await;
    let address = machine(&bench, &[rule("ssh", 100, "22")]).await;
    bench.make("networkSecurityGroups/closed", group_body(&[])).await.is(201);
    let mut body = network_body(&[("a", "10.0.1.0/24")]);
    body["properties"]["subnets"][0]["properties"]["networkSecurityGroup"] =
        json!({ "id": network("networkSecurityGroups/closed") });
    bench.make("virtualNetworks/net", body).await.is(200);
    assert!(silent(&bench, address, 22).await);
    bench.make("virtualNetworks/net", network_body(&[("a", "10.0.1.0/24")])).await.is(200);
    assert_eq!(connect(&bench, address, 22).await.0, 0);
    bench.make("networkInterfaces/nic", interface(false)).await.is(200);
    assert!(silent(&bench, address, 22).await);
}

#[tokio::test]
async fn a_port_may_lead_to_a_server_on_loopback() {
    let bench = Bench::with_group().await;
    let address = machine(&bench, &[rule("ssh", 100, "22")]).await;
    let target = bench.endpoint("control").strip_prefix("http://").unwrap().to_owned();
    let nic = network("networkInterfaces/nic");
    let body = json!({ "nic": nic, "listeners": { "22": { "forward": target } } });
    bench.control("POST", "/machines", body).await.is(200);
    let (code, mut stream) = connect(&bench, address, 22).await;
    assert_eq!(code, 0);
    stream.write_all(b"GET /healthz HTTP/1.0\r\nhost: x\r\n\r\n").await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.contains("200 OK"), "{text}");
    let outside = json!({ "nic": nic, "listeners": { "22": { "forward": "203.0.113.1:22" } } });
    bench.control("POST", "/machines", outside).await.is(400);
    bench.control("DELETE", &format!("/machines?nic={nic}"), Value::Null).await.is(200);
    assert_eq!(connect(&bench, address, 22).await.0, 4);
}
