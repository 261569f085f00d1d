//! A chart as large as a platform's, rendered more than once by one process.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use bud::helm::chart::archive::Limits as ArchiveLimits;
use bud::helm::chart::{Chart, SchemaCheck};
use bud::helm::fetch;
use bud::helm::outside::{FixedClock, SeededChance};
use bud::helm::render::{Capabilities, Engine, Limits, Outside, Release};
use bud::helm::template::{Rendered, SubchartNotes, TemplateOptions, template};
use bud::helm::value::{Map, Value};

fn options() -> TemplateOptions {
    TemplateOptions {
        release: Release {
            name: "again".into(),
            namespace: "default".into(),
            is_upgrade: false,
            is_install: true,
            revision: 1,
        },
        capabilities: Capabilities::without_cluster(),
        schema: SchemaCheck::Check,
        notes: SubchartNotes::Leave,
        limits: Limits::default(),
    }
}

fn rendered(engine: &Engine, chart: Chart, values: &Map) -> Rendered {
    let mut chance = SeededChance::new(b"again");
    let mut outside =
        Outside { chance: &mut chance, clock: &FixedClock(0), dns: None, lookup: None, draws: None };
    template(engine, chart, values, &options(), &mut outside).expect("a chart that renders")
}

fn domain(name: &str) -> Map {
    let global = Map::from([("domain".to_owned(), Value::from(name))]);
    Map::from([("global".to_owned(), Value::Map(global))])
}

/// `make bench`: the chart is loaded, rendered, and rendered with other values.
#[test]
#[ignore = "measures; scripts/bench-render runs it"]
fn the_second_render_of_a_chart_parses_nothing() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("large");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charts/large/generate");
    assert!(Command::new(script).arg(&path).status().expect("the script runs").success());
    let mut rounds: Vec<[Duration; 4]> = (0..11)
        .map(|_| {
            let engine = Engine::new();
            let started = Instant::now();
            let chart = fetch::load(&path, ArchiveLimits::default()).expect("a chart");
            let loaded = started.elapsed();
            let first = rendered(&engine, chart.clone(), &Map::new());
            let whole = started.elapsed();
            let again = Instant::now();
            let second = rendered(&engine, chart.clone(), &domain("example.org"));
            let again = again.elapsed();
            let same = Instant::now();
            let third = rendered(&engine, chart.clone(), &domain("example.org"));
            let same = same.elapsed();
            let text =
                |one: &Rendered| one.manifests.iter().map(|one| one.content.clone()).collect::<String>();
            let fresh = rendered(&Engine::new(), chart, &domain("example.org"));
            assert_ne!(text(&first), text(&second));
            assert_eq!(text(&fresh), text(&second));
            assert_eq!(text(&fresh), text(&third));
            [loaded, whole, again, same]
        })
        .collect();
    let mut median = |at: usize| {
        rounds.sort_by_key(|round| round[at]);
        rounds[rounds.len() / 2][at].as_secs_f64() * 1e3
    };
    let (loaded, first, second, third) = (median(0), median(1), median(2), median(3));
    println!("{:<28}{:>8} {:>8}", "", "ms", "of first");
    for (name, time) in [
        ("load", loaded),
        ("load and first render", first),
        ("with other values", second),
        ("with the same values", third),
    ] {
        println!("{name:<28}{time:>8.1} {:>8.2}", time / first);
    }
}
