//! One channel of a session: what it is asked to run, what that reads and writes, and how it ends.

use std::time::Duration;

use bytes::Bytes;
use russh::server::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf};
use tokio_util::sync::CancellationToken;

use super::super::clock::pause;
use super::super::world::Shared;
use super::Guest;
use super::account::Login;
use super::shell::{Process, Then, Turn};

/// The most that a step reads.
const MOST: usize = 1 << 30;
/// Until an answer has left before the machine does, on the wall.
const FAREWELL: Duration = Duration::from_millis(50);
/// The least between two turns of what runs, on the wall.
const LEAST: Duration = Duration::from_millis(20);

/// Serves a channel to its end.
pub(crate) async fn run(
    channel: Channel<Msg>,
    world: Shared,
    machine: String,
    login: Login,
    cut: CancellationToken,
) {
    let (mut read, write) = channel.split();
    let Some(line) = asked(&mut read).await else { return };
    let mut process = Process::new(login, &line);
    if process.reads() {
        process.stdin = input(&mut read).await;
    }
    loop {
        let Some(turn) = process.turn(&mut world.lock(), &machine) else {
            cut.cancel();
            return;
        };
        let then = turn.then;
        if then == Then::Cut {
            cut.cancel();
            return;
        }
        if then == Then::Silence {
            // The machine ends its connections itself, if it is not the step alone that hangs.
            cut.cancelled().await;
            return;
        }
        if !write_out(&write, turn).await && matches!(then, Then::Again(_)) {
            return;
        }
        match then {
            Then::Again(seconds) => {
                let wait = world.lock().clock.wall(seconds, LEAST);
                pause(wait).await;
            }
            Then::Exit { status, seconds, leaves } => {
                let wait = world.lock().clock.wall(seconds, Duration::ZERO);
                if !wait.is_zero() {
                    pause(wait).await;
                }
                let _ = write.exit_status(status).await;
                let _ = write.eof().await;
                let _ = write.close().await;
                if let Some(how) = leaves {
                    pause(FAREWELL).await;
                    let mut world = world.lock();
                    let clock = world.clock.clone();
                    // A machine that was started anew in between knows nothing of it.
                    let same = |guest: &&mut Guest| guest.is_up() && guest.system.boot_id == process.boot_id;
                    if let Some(guest) = world.guests.all.get_mut(&machine).filter(same) {
                        guest.leave(&clock, how);
                    }
                    world.settle();
                }
                return;
            }
            Then::Cut | Then::Silence => return,
        }
    }
}

/// The command line; nothing where the channel ends without one.
async fn asked(read: &mut ChannelReadHalf) -> Option<String> {
    loop {
        match read.wait().await? {
            ChannelMsg::Exec { command, .. } => return Some(String::from_utf8_lossy(&command).into_owned()),
            ChannelMsg::Close => return None,
            _ => {}
        }
    }
}

/// What it reads. A cut connection looks like its end.
async fn input(read: &mut ChannelReadHalf) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        match read.wait().await {
            Some(ChannelMsg::Data { data }) if bytes.len() + data.len() <= MOST => {
                bytes.extend_from_slice(&data);
            }
            None | Some(ChannelMsg::Eof | ChannelMsg::Close | ChannelMsg::Data { .. }) => return bytes,
            Some(_) => {}
        }
    }
}

/// Whether somebody is there who reads.
async fn write_out(write: &ChannelWriteHalf<Msg>, turn: Turn) -> bool {
    let out = turn.out.is_empty() || write.data_bytes(Bytes::from(turn.out)).await.is_ok();
    let err = turn.err.is_empty() || write.extended_data_bytes(1, Bytes::from(turn.err)).await.is_ok();
    out && err
}
