//! Rows as live bars on a terminal.

use std::collections::BTreeMap;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::board::{LAST, Row};

/// The bars that are drawn.
pub(super) struct Bars {
    screen: MultiProgress,
    bars: BTreeMap<String, ProgressBar>,
}

impl Default for Bars {
    fn default() -> Self {
        let screen = MultiProgress::with_draw_target(ProgressDrawTarget::stdout());
        Self { screen, bars: BTreeMap::new() }
    }
}

impl Bars {
    /// Draws a row where its bar is; bars stand in the order of the nodes' names.
    pub(super) fn show(&mut self, row: &Row) {
        if !self.bars.contains_key(&row.node) {
            let place = self.bars.range(..row.node.clone()).count();
            let bar = self.screen.insert(place, ProgressBar::new(LAST).with_prefix(row.node.clone()));
            // The template is ours: one that is wrong shows in the test below.
            if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
                bar.set_style(style.progress_chars("━╸ "));
            }
            self.bars.insert(row.node.clone(), bar);
        }
        let Some(bar) = self.bars.get(&row.node) else { return };
        bar.set_position(row.done);
        bar.set_message(message(row));
    }
}

const TEMPLATE: &str = "{prefix:32!} {bar:20} {pos:>2}/{len} {wide_msg}";

fn message(row: &Row) -> String {
    let mut words = format!("{}s {}", row.seconds(), row.phase);
    if row.has_failed() {
        words.push_str(" FAILED");
    }
    if !row.detail.is_empty() {
        words.push_str(": ");
        words.push_str(&row.detail.replace('\n', " "));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::InMemoryTerm;

    #[test]
    fn bars_stand_in_the_order_of_names() {
        let screen = InMemoryTerm::new(10, 100);
        let mut bars = Bars {
            screen: MultiProgress::with_draw_target(ProgressDrawTarget::term_like(Box::new(screen.clone()))),
            bars: BTreeMap::new(),
        };
        let mut board = super::super::board::Board::default();
        for line in [
            r#"{"at":"2026-11-28T07:00:00Z","node":"worker-0","phase":"install","state":"running","detail":"building"}"#,
            r#"{"at":"2026-11-28T07:00:00Z","node":"primary-0","phase":"facts","state":"failed","detail":"no root"}"#,
        ] {
            let node = board.take_one(line).unwrap();
            bars.show(board.row(&node).unwrap());
        }
        let drawn: Vec<String> = screen.contents().lines().map(|line| line.trim_end().to_owned()).collect();
        assert_eq!(drawn.len(), 2, "{drawn:?}");
        assert!(
            drawn[0].starts_with("primary-0 ") && drawn[0].ends_with("3/10 0s facts FAILED: no root"),
            "{drawn:?}"
        );
        assert!(
            drawn[1].starts_with("worker-0 ") && drawn[1].ends_with("6/10 0s install: building"),
            "{drawn:?}"
        );
        assert!(drawn[1].contains("━━━━━━━━━━━━"), "{drawn:?}");
    }
}
