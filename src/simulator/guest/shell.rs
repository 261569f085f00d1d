//! Runs what was asked for on a machine: a step that it knows, a simple program, or nothing.

use super::super::azure::virtual_machine::power::{self as cloud_power, Power};
use super::super::clock::Clock;
use super::super::ledger::StepLine;
use super::super::world::World;
use super::account::Login;
use super::command::{Command, What};
use super::hardware::Sudo;
use super::mishap::Blow;
use super::power::Leaving;
use super::{Guest, simple, steps};

/// Something that runs on a machine.
pub(crate) struct Process {
    pub(crate) login: Login,
    pub(crate) command: Command,
    /// Everything that it reads.
    pub(crate) stdin: Vec<u8>,
    /// How often it has had its turn.
    turn: u32,
    /// What it keeps from turn to turn.
    memory: String,
    line: Option<StepLine>,
    blow: Option<Blow>,
    /// The start of the machine that it runs in.
    pub(crate) boot_id: String,
}

/// What a turn gave.
pub(crate) struct Turn {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) then: Then,
}

/// What comes after a turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Then {
    /// It ends with a status, after so many simulated seconds.
    Exit { status: u32, seconds: f64, leaves: Option<Leaving> },
    /// It has another turn after so many simulated seconds.
    Again(f64),
    /// The connection is cut.
    Cut,
    /// Nothing comes any more.
    Silence,
}

/// How a step ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Said {
    Exit(u32),
    /// The same, after so many simulated seconds.
    After(f64),
    /// It has another turn after so many simulated seconds.
    Again(f64),
}

/// What a step works with.
pub(crate) struct Shell<'a> {
    pub(crate) guest: &'a mut Guest,
    pub(crate) world: &'a mut World,
    pub(crate) clock: Clock,
    /// As whom it runs.
    pub(crate) user: String,
    pub(crate) arguments: &'a [String],
    pub(crate) stdin: &'a [u8],
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) turn: u32,
    pub(crate) memory: &'a mut String,
    /// Set by a step after which the machine goes away.
    pub(crate) leaves: Option<Leaving>,
    /// Whether it ends half-way.
    pub(crate) half: bool,
}

/// What a shell says about a program that is not there.
const UNKNOWN: u32 = 127;

impl Process {
    pub(crate) fn new(login: Login, line: &str) -> Self {
        let asked = login.forced.clone();
        let command =
            if asked.is_some() { Command { through: None, what: What::Shell } } else { Command::parse(line) };
        Self {
            login,
            command,
            stdin: Vec::new(),
            turn: 0,
            memory: String::new(),
            line: None,
            blow: None,
            boot_id: String::new(),
        }
    }

    /// Whether it reads what is sent.
    pub(crate) fn reads(&self) -> bool {
        self.command.step().is_some()
    }

    /// Its next turn; nothing where the machine is not there any more.
    pub(crate) fn turn(&mut self, world: &mut World, machine: &str) -> Option<Turn> {
        let mut guest = world.guests.all.remove(machine)?;
        if self.turn == 0 {
            self.boot_id.clone_from(&guest.system.boot_id);
        }
        if !guest.is_up() || guest.system.boot_id != self.boot_id {
            world.guests.all.insert(machine.to_owned(), guest);
            return None;
        }
        let turn = self.on(world, &mut guest);
        world.guests.all.insert(machine.to_owned(), guest);
        match self.blow {
            Some(Blow::PowerOffBefore | Blow::PowerOffAfter) if turn.then == Then::Silence => {
                if let Some(place) = world.azure.at(machine).map(|object| object.place.clone()) {
                    cloud_power::force(world, &place, Power::Stopped);
                }
            }
            _ => {}
        }
        world.settle();
        Some(turn)
    }

    fn on(&mut self, world: &mut World, guest: &mut Guest) -> Turn {
        if self.turn == 0
            && let Some(step) = self.command.step()
        {
            self.blow = world.script.strike_step(&guest.name, step);
            let detail = self.detail();
            let at = world.clock.stamp();
            self.line = Some(world.ledger.step_began(&guest.name, step, &detail, at));
        }
        let clock = world.clock.clone();
        match self.blow {
            Some(Blow::CutBefore) => return self.ended(world, Then::Cut),
            Some(Blow::Hang) => return self.ended(world, Then::Silence),
            Some(Blow::KillBefore) => {
                guest.cut();
                guest.start(&clock, false);
                return self.ended(world, Then::Silence);
            }
            Some(Blow::PowerOffBefore) => return self.ended(world, Then::Silence),
            Some(Blow::KernelHangs) => guest.kernel_hangs = true,
            Some(Blow::EntryIsLost) => guest.entry_is_lost = true,
            _ => {}
        }
        let half = self.blow == Some(Blow::KillWithin);
        let (said, out, err, leaves) = self.run(world, guest, half);
        self.turn += 1;
        let (status, seconds) = match said {
            Said::Again(seconds) => return Turn { out, err, then: Then::Again(seconds) },
            Said::Exit(status) => (status, 0.0),
            Said::After(seconds) => (0, seconds),
        };
        match self.blow {
            Some(Blow::CutAfter) => {
                // What it set off goes on without whoever asked for it.
                if let Some(how) = leaves {
                    guest.leave(&clock, how);
                }
                return self.ended(world, Then::Cut);
            }
            Some(Blow::KillAfter | Blow::KillWithin) => {
                guest.cut();
                guest.start(&clock, false);
                return self.ended(world, Then::Silence);
            }
            Some(Blow::PowerOffAfter) => return self.ended(world, Then::Silence),
            _ => {}
        }
        if let Some(line) = self.line {
            world.ledger.step_ended(line, Some(status), self.blow.map(Blow::name));
        }
        Turn { out, err, then: Then::Exit { status, seconds, leaves } }
    }

    fn ended(&self, world: &mut World, then: Then) -> Turn {
        if let Some(line) = self.line {
            world.ledger.step_ended(line, None, self.blow.map(Blow::name));
        }
        Turn { out: String::new(), err: String::new(), then }
    }

    /// Which file a copy is about, and what is done to disks.
    fn detail(&self) -> String {
        match &self.command.what {
            What::Script { name, .. } if name == "disk" => Input::read(&self.stdin).get("mode").to_owned(),
            What::Script { arguments, .. } => arguments.first().cloned().unwrap_or_default(),
            _ => String::new(),
        }
    }

    fn run(
        &mut self,
        world: &mut World,
        guest: &mut Guest,
        half: bool,
    ) -> (Said, String, String, Option<Leaving>) {
        if let Some(forced) = &self.login.forced {
            let said = forced.split('\'').nth(1).unwrap_or_default();
            let status = forced.rsplit("exit ").next().and_then(|status| status.parse().ok()).unwrap_or(0);
            return (Said::Exit(status), format!("{said}\n\n"), String::new(), None);
        }
        let mut user = self.login.user.clone();
        if let Some(program) = &self.command.through {
            let missing = guest.traits.without.contains(program) || program == "doas";
            match guest.sudo(&user) {
                _ if missing => return failed(UNKNOWN, format!("sh: 1: {program}: not found\n")),
                Sudo::No => return failed(UNKNOWN, format!("sh: 1: {program}: not found\n")),
                Sudo::Asks if user != "root" => {
                    return failed(1, format!("{program}: a password is required\n"));
                }
                _ => "root".clone_into(&mut user),
            }
        }
        let arguments = match &self.command.what {
            What::Script { arguments, .. } | What::Program(arguments) => arguments.clone(),
            What::Shell => Vec::new(),
        };
        let clock = world.clock.clone();
        let mut shell = Shell {
            guest,
            world,
            clock,
            user,
            arguments: &arguments,
            stdin: &self.stdin,
            out: String::new(),
            err: String::new(),
            turn: self.turn,
            memory: &mut self.memory,
            leaves: None,
            half,
        };
        let said = match &self.command.what {
            What::Script { name, .. } => match steps::find(name) {
                Some(step) if shell.user != "root" && step.as_root => {
                    shell.complain("sh: 1: cannot create /var/lib/bud: Permission denied")
                }
                Some(step) => (step.run)(&mut shell),
                None => {
                    shell.err.push_str(&format!("a simulated machine does not know the step {name}\n"));
                    Said::Exit(UNKNOWN)
                }
            },
            What::Program(_) => simple::run(&mut shell),
            What::Shell => {
                shell.err.push_str("a simulated machine runs steps and simple programs, no shell\n");
                Said::Exit(UNKNOWN)
            }
        };
        (said, shell.out, shell.err, shell.leaves)
    }
}

fn failed(status: u32, err: String) -> (Said, String, String, Option<Leaving>) {
    (Said::Exit(status), String::new(), err, None)
}

impl Shell<'_> {
    /// Answers a line.
    pub(crate) fn say(&mut self, key: &str, value: impl std::fmt::Display) {
        self.out.push_str(&format!("{key}={value}\n"));
    }

    /// Refuses with a word.
    pub(crate) fn refuse(&mut self, word: &str, said: &str) -> Said {
        self.say("refused", word);
        self.say("said", said);
        Said::Exit(0)
    }

    /// Fails as a program of the machine does.
    pub(crate) fn complain(&mut self, said: &str) -> Said {
        self.err.push_str(said);
        self.err.push('\n');
        Said::Exit(1)
    }

    /// What it reads: `key=value` lines up to the first empty one.
    pub(crate) fn input(&self) -> Input {
        Input::read(self.stdin)
    }
}

/// What a step reads.
pub(crate) struct Input {
    lines: Vec<(String, String)>,
    /// What stands behind the empty line.
    pub(crate) rest: Vec<u8>,
}

impl Input {
    fn read(bytes: &[u8]) -> Self {
        let mut lines = Vec::new();
        let mut at = 0;
        while let Some(end) = bytes[at..].iter().position(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(&bytes[at..at + end]).into_owned();
            at += end + 1;
            if line.is_empty() {
                break;
            }
            if let Some((key, value)) = line.split_once('=') {
                lines.push((key.to_owned(), value.to_owned()));
            }
        }
        Self { lines, rest: bytes[at..].to_vec() }
    }

    /// The last value of a key, as a script that reads line by line has it; empty where there is none.
    pub(crate) fn get(&self, key: &str) -> &str {
        self.lines.iter().rev().find(|(name, _)| name == key).map_or("", |(_, value)| value)
    }

    /// The same with what holds where nothing is said.
    pub(crate) fn get_or<'a>(&'a self, key: &str, usual: &'a str) -> &'a str {
        self.lines.iter().rev().find(|(name, _)| name == key).map_or(usual, |(_, value)| value)
    }

    /// Every value of a key.
    pub(crate) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.lines.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// The lines of the record.
    pub(crate) fn record(&self) -> String {
        let lines = self.lines.iter().filter_map(|(key, value)| Some((key.strip_prefix("record.")?, value)));
        lines.fold(String::new(), |all, (key, value)| all + &format!("{key}={value}\n"))
    }

    /// Whether the system is below `/mnt`; it is where nothing is said.
    pub(crate) fn root(&self) -> &'static str {
        if self.get_or("mounted", "yes") == "yes" { "/mnt" } else { "" }
    }
}
