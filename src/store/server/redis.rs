//! Redis as the server of a shared store: a hash of the records, and their keys a second time in a sorted set, which puts
//! them in order.
//!
//! Each step of [`Remote`] is one script, which Redis runs with nothing in between. A script that fails half-way is not
//! undone, so the height is written last: what such a step left behind is written over when it is sent again. Redis 6.2 or
//! later (`ZRANGE … BYLEX`), or Valkey; one server with its replicas, no cluster. Must not know records, or when anything is
//! asked.

mod address;
mod scripts;
mod settings;
mod trouble;

use self::address::Address;
use self::scripts::{CANDIDATES, CURRENT, LAYOUT, NEXT, OWNER, REPLACED, SEEN};
use self::trouble::trouble;
use super::remote::{
    Area, Candidate, Committed, Pairs, Remote, RemoteError, Seen, Server, Standing, Survives,
};
use crate::store::engine::{Batch, Span};
use redis::{Cmd, Connection, FromRedisValue, Script, ScriptInvocation, cmd};
use std::time::Duration;
use uuid::Uuid;

/// How long a connection may take, and then every answer: together less than the owner may act without a renewal.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// Records, and bytes of them, in one request that fills [`Area::Next`].
const FILL_RECORDS: usize = 5_000;
const FILL_BYTES: usize = 4 << 20;
/// A request of more arguments is refused by the server, which closes the connection.
const MOST_ARGUMENTS: usize = 1024 * 1024;

const CAUTION: &str = "Redis answers before its replicas have a write: a failover to one of them may lose acknowledged messages, \
     whatever min-replicas-to-write or WAIT are set to. PostgreSQL with a synchronous standby loses none";

/// A Redis server.
pub struct RedisServer {
    address: Address,
    place: String,
}

impl RedisServer {
    /// Of a URL `redis://` or, by TLS, `rediss://`; `ca`: the certificates (PEM) to trust instead of the system's.
    pub fn new(url: &str, ca: Option<&[u8]>) -> Result<Self, RemoteError> {
        let address = Address::of(url, ca).map_err(RemoteError::Refused)?;
        Ok(Self { place: address.to_string(), address })
    }
}

impl Server for RedisServer {
    fn connect(&self) -> Result<Box<dyn Remote>, RemoteError> {
        let connection = self.address.connect(CONNECT_WITHIN, ANSWER_WITHIN)?;
        let mut remote = RedisRemote { connection };
        settings::acceptable(&mut remote.connection)?;
        remote.prepare()?;
        Ok(Box::new(remote))
    }

    fn place(&self) -> &str {
        &self.place
    }

    fn caution(&self) -> Option<&'static str> {
        Some(CAUTION)
    }
}

struct RedisRemote {
    connection: Connection,
}

impl RedisRemote {
    fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> Result<T, RemoteError> {
        command.query(&mut self.connection).map_err(|error| trouble(&error))
    }

    /// Runs a script on these keys; `fill` adds the arguments.
    fn run<T: FromRedisValue>(
        &mut self,
        script: &Script,
        keys: &[&str],
        fill: impl FnOnce(&mut ScriptInvocation<'_>),
    ) -> Result<T, RemoteError> {
        let mut call = script.prepare_invoke();
        for key in keys {
            call.key(*key);
        }
        fill(&mut call);
        call.invoke(&mut self.connection).map_err(|error| trouble(&error))
    }

    /// Makes the owner's record where there is none.
    fn prepare(&mut self) -> Result<(), RemoteError> {
        let id = Uuid::new_v4().to_string();
        let layout: String = self.run(&scripts::PREPARE, &[OWNER], |call| {
            call.arg(LAYOUT).arg(id);
        })?;
        if layout == LAYOUT {
            return Ok(());
        }
        Err(RemoteError::Refused(format!(
            "the records are laid out in version {layout:?}, and this program knows version {LAYOUT}: a newer phonicflow-bot \
             wrote them"
        )))
    }

    /// A step that is taken only by the owner of `epoch` and at `height - 1`.
    fn fenced(
        &mut self,
        script: &Script,
        keys: &[&str],
        (epoch, height): (u64, u64),
        fill: impl FnOnce(&mut ScriptInvocation<'_>),
    ) -> Result<Committed, RemoteError> {
        let done: bool = self.run(script, keys, |call| {
            call.arg(epoch).arg(height.saturating_sub(1)).arg(height);
            fill(call);
        })?;
        Ok(if done { Committed::Done } else { Committed::Refused })
    }

    fn fill(&mut self, records: &[(&[u8], Option<&[u8]>)]) -> Result<(), RemoteError> {
        self.run(&scripts::FILL, &NEXT, |call| add_records(call, || records.iter().copied()))
    }
}

/// As the scripts expect them: the number of those to write, each key and value, the keys to remove.
fn add_records<'a, I: Iterator<Item = (&'a [u8], Option<&'a [u8]>)>>(
    call: &mut ScriptInvocation<'_>,
    records: impl Fn() -> I,
) {
    call.arg(records().filter(|(_, value)| value.is_some()).count());
    for (key, value) in records() {
        if let Some(value) = value {
            call.arg(key).arg(value);
        }
    }
    for (key, _) in records().filter(|(_, value)| value.is_none()) {
        call.arg(key);
    }
}

fn names(area: Area) -> [&'static str; 2] {
    match area {
        Area::Current => CURRENT,
        Area::Next => NEXT,
    }
}

fn millis(of: Duration) -> u64 {
    u64::try_from(of.as_millis()).unwrap_or(u64::MAX)
}

impl Remote for RedisRemote {
    fn get(&mut self, area: Area, key: &[u8]) -> Result<Option<Vec<u8>>, RemoteError> {
        let [_, values] = names(area);
        self.ask(cmd("HGET").arg(values).arg(key))
    }

    fn page(&mut self, area: Area, span: &Span, backwards: bool, limit: usize) -> Result<Pairs, RemoteError> {
        let found: Vec<Option<Vec<u8>>> = self.run(&scripts::PAGE, &names(area), |call| {
            let (first, last) =
                ([b"[", span.start.as_slice()].concat(), [b"(", span.end.as_slice()].concat());
            call.arg(first).arg(last).arg(u8::from(backwards)).arg(limit);
        })?;
        let mut found = found.into_iter();
        let mut pairs = Pairs::new();
        while let (Some(key), Some(value)) = (found.next(), found.next()) {
            let (Some(key), Some(value)) = (key, value) else {
                return Err(RemoteError::Refused(
                    "a record lacks its value: they were changed by hand".to_owned(),
                ));
            };
            pairs.push((key, value));
        }
        Ok(pairs)
    }

    fn commit(&mut self, epoch: u64, height: u64, group: &Batch) -> Result<Committed, RemoteError> {
        if group.len() > MOST_ARGUMENTS / 2 - 16 {
            return Err(RemoteError::Refused(format!(
                "{} records at once are more than Redis takes in a step",
                group.len()
            )));
        }
        let [keys, values] = CURRENT;
        self.fenced(&scripts::COMMIT, &[OWNER, keys, values], (epoch, height), |call| {
            add_records(call, || group.iter());
        })
    }

    fn standing(&mut self) -> Result<Standing, RemoteError> {
        let found = self.run(&scripts::STANDING, &[OWNER], |_| ())?;
        scripts::standing(found)
    }

    fn present(&mut self, me: &Candidate) -> Result<Standing, RemoteError> {
        let found = self.run(&scripts::PRESENT, &[OWNER, CANDIDATES, SEEN], |call| {
            call.arg(&me.node).arg(&me.addr).arg(&me.certificate);
        })?;
        scripts::standing(found)
    }

    fn take_over(&mut self, me: &Candidate, lease: Duration) -> Result<(bool, Standing), RemoteError> {
        let (taken, found) = self.run(&scripts::TAKE_OVER, &[OWNER], |call| {
            call.arg(&me.node).arg(&me.addr).arg(&me.certificate).arg(millis(lease));
        })?;
        Ok((taken, scripts::standing(found)?))
    }

    fn renew(&mut self, epoch: u64, lease: Duration) -> Result<bool, RemoteError> {
        self.run(&scripts::RENEW, &[OWNER], |call| {
            call.arg(epoch).arg(millis(lease));
        })
    }

    fn release(&mut self, epoch: u64) -> Result<(), RemoteError> {
        self.run(&scripts::RELEASE, &[OWNER], |call| {
            call.arg(epoch);
        })
    }

    fn candidates(&mut self) -> Result<Vec<Seen>, RemoteError> {
        let found = self.run(&scripts::LIST, &[CANDIDATES, SEEN], |_| ())?;
        scripts::candidates(found)
    }

    fn begin_next(&mut self) -> Result<(), RemoteError> {
        self.ask(cmd("UNLINK").arg(&NEXT))
    }

    fn fill_next(&mut self, batch: &Batch) -> Result<(), RemoteError> {
        let mut some = Vec::new();
        let mut bytes = 0;
        for (key, value) in batch.iter() {
            some.push((key, value));
            bytes += key.len() + value.map_or(0, <[u8]>::len);
            if some.len() >= FILL_RECORDS || bytes >= FILL_BYTES {
                self.fill(&some)?;
                some.clear();
                bytes = 0;
            }
        }
        self.fill(&some)
    }

    fn exchange(&mut self, epoch: u64, height: u64, keep: bool) -> Result<Committed, RemoteError> {
        let keys: Vec<&str> = [OWNER].into_iter().chain(CURRENT).chain(NEXT).chain(REPLACED).collect();
        self.fenced(&scripts::EXCHANGE, &keys, (epoch, height), |call| {
            call.arg(u8::from(keep));
        })
    }

    fn set_moved(&mut self, epoch: u64, height: u64, to: &str) -> Result<Committed, RemoteError> {
        self.fenced(&scripts::MOVED, &[OWNER], (epoch, height), |call| {
            call.arg(to);
        })
    }

    fn survives(&mut self) -> Result<Survives, RemoteError> {
        settings::acceptable(&mut self.connection)?;
        Ok(Survives::Machine)
    }

    fn version(&mut self) -> Result<String, RemoteError> {
        settings::version(&mut self.connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_and_an_answer_fit_into_what_is_left_after_a_renewal() {
        use super::super::tenure::{LEASE, RENEW_EVERY};
        assert!(CONNECT_WITHIN + ANSWER_WITHIN <= LEASE - RENEW_EVERY);
    }
}
