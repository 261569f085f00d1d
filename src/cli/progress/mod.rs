//! `progress FILE`: bars of what the provider is doing, from the lines that `BUD_PROGRESS=FILE` makes it write,
//! since a host says no more than "Still creating".

mod bars;
mod board;
mod follow;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use bars::Bars;
use board::Board;
use follow::Follow;

/// Where the lines are, and how they are shown.
#[derive(Args)]
pub(super) struct Progress {
    /// File that `BUD_PROGRESS` names for the provider; it may not be there yet
    file: PathBuf,
    /// Show what is there and end: 1 where a node has failed, 0 otherwise
    #[arg(long)]
    once: bool,
    /// One line for each event instead of bars, as where stdout is no terminal
    #[arg(long)]
    plain: bool,
}

impl Progress {
    /// Follows the file until it is interrupted, or shows it once.
    pub(super) fn run(&self) -> ExitCode {
        let mut follow = Follow::new(&self.file);
        if self.once {
            let mut board = Board::default();
            return match follow.more() {
                Ok(lines) => {
                    for line in &lines {
                        board.take(line);
                    }
                    super::out(&board.table());
                    if board.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
                }
                Err(error) => self.failed(&error),
            };
        }
        let is_plain = self.plain || !std::io::stdout().is_terminal();
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return self.failed(&error),
        };
        match runtime.block_on(follow_on(&mut follow, is_plain)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => self.failed(&error),
        }
    }

    fn failed(&self, error: &std::io::Error) -> ExitCode {
        super::say(&format!("{}: {error}", self.file.display()));
        ExitCode::from(2)
    }
}

async fn follow_on(follow: &mut Follow, is_plain: bool) -> std::io::Result<()> {
    let (mut board, mut bars) = (Board::default(), Bars::default());
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        for line in follow.more()? {
            let Some(node) = board.take_one(&line) else { continue };
            let Some(row) = board.row(&node) else { continue };
            if is_plain {
                super::out(&row.line());
            } else {
                bars.show(row);
            }
        }
        tokio::select! {
            _ = &mut interrupted => return Ok(()),
            () = follow::tick() => {}
        }
    }
}
