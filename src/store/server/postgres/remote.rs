//! The statements of the shared store on PostgreSQL.
//!
//! The owner's row is updated first in each of them, so that a commit and a take-over wait for one another, and whoever comes
//! second finds what the first has left. Must not know when any of these are asked.

use super::session::{ANSWER, BULK, LEASE_ANSWER, Session, value};
use crate::store::engine::{Batch, Span};
use crate::store::server::{
    Area, Candidate, Committed, Pairs, Remote, RemoteError, Seen, Standing, Survives,
};
use std::time::Duration;
use tokio_postgres::Row;
use uuid::Uuid;

/// Of the owner's row, for [`standing`].
const STANDING: &str = "id::text, epoch, height, node, addr, certificate, \
                        (extract(epoch FROM until - clock_timestamp()) * 1000)::bigint, moved";

const COMMIT: &str = "
    WITH mine AS (UPDATE pfb_owner SET height = $5::bigint WHERE epoch = $1 AND height = $5::bigint - 1 RETURNING 1),
         gone AS (DELETE FROM pfb_record WHERE k = ANY($4) AND EXISTS (SELECT 1 FROM mine)),
         kept AS (INSERT INTO pfb_record SELECT k, v FROM mine, unnest($2::bytea[], $3::bytea[]) AS new(k, v)
                  ON CONFLICT (k) DO UPDATE SET v = excluded.v)
    SELECT 1 FROM mine";

/// What [`Postgres::exchange`] raises when nothing was its to exchange.
const NOT_MINE: &str = "PFB01";

/// The candidates that are told; there are two or three.
const MOST_SEEN: i64 = 100;

pub struct Postgres {
    session: Session,
}

impl Postgres {
    /// `session`: to a database with our tables.
    pub fn new(session: Session) -> Self {
        Self { session }
    }
}

fn table(area: Area) -> &'static str {
    match area {
        Area::Current => "pfb_record",
        Area::Next => "pfb_record_next",
    }
}

/// As PostgreSQL counts.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn ms(lease: Duration) -> i64 {
    i64::try_from(lease.as_millis()).unwrap_or(i64::MAX)
}

fn standing(row: &Row) -> Result<Standing, RemoteError> {
    let id: String = value(row, 0)?;
    let id = Uuid::parse_str(&id).map_err(|_| RemoteError::Refused("its id is none".to_owned()))?;
    Ok(Standing {
        id,
        epoch: unsigned(value(row, 1)?),
        height: unsigned(value(row, 2)?),
        owner: Candidate { node: value(row, 3)?, addr: value(row, 4)?, certificate: value(row, 5)? },
        lease_ms: value(row, 6)?,
        moved: value(row, 7)?,
    })
}

/// Whether the owner's row was found as it had to be.
fn committed(rows: &[Row]) -> Committed {
    if rows.is_empty() { Committed::Refused } else { Committed::Done }
}

/// Keys or values, as the arrays of a statement.
type Column<'a> = Vec<&'a [u8]>;

/// Keys and values to write, keys to remove.
fn parts(batch: &Batch) -> (Column<'_>, Column<'_>, Column<'_>) {
    let (mut keys, mut values, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for (key, value) in batch.iter() {
        match value {
            Some(value) => {
                keys.push(key);
                values.push(value);
            }
            None => gone.push(key),
        }
    }
    (keys, values, gone)
}

impl Remote for Postgres {
    fn get(&mut self, area: Area, key: &[u8]) -> Result<Option<Vec<u8>>, RemoteError> {
        let sql = format!("SELECT v FROM {} WHERE k = $1", table(area));
        let rows = self.session.ask(ANSWER, &sql, &[&key])?;
        rows.first().map(|row| value(row, 0)).transpose()
    }

    fn page(&mut self, area: Area, span: &Span, backwards: bool, limit: usize) -> Result<Pairs, RemoteError> {
        let order = if backwards { "DESC" } else { "ASC" };
        let table = table(area);
        let sql = format!("SELECT k, v FROM {table} WHERE k >= $1 AND k < $2 ORDER BY k {order} LIMIT $3");
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.session.ask(ANSWER, &sql, &[&span.start, &span.end, &limit])?;
        rows.iter().map(|row| Ok((value(row, 0)?, value(row, 1)?))).collect()
    }

    fn commit(&mut self, epoch: u64, height: u64, group: &Batch) -> Result<Committed, RemoteError> {
        let (keys, values, gone) = parts(group);
        let (epoch, height) = (signed(epoch), signed(height));
        let rows = self.session.write(ANSWER, COMMIT, &[&epoch, &keys, &values, &gone, &height])?;
        Ok(committed(&rows))
    }

    fn standing(&mut self) -> Result<Standing, RemoteError> {
        let sql = format!("SELECT {STANDING} FROM pfb_owner");
        standing(&self.session.one(LEASE_ANSWER, &sql, &[])?)
    }

    fn present(&mut self, me: &Candidate) -> Result<Standing, RemoteError> {
        // That a candidate is there need not survive anything, so it waits for no standby server.
        let sql = format!(
            "WITH quick AS (SELECT set_config('synchronous_commit', 'local', true)),
                  seen AS (INSERT INTO pfb_node
                           SELECT $1::text, $2::text, $3::bytea, clock_timestamp() FROM quick
                           ON CONFLICT (node) DO UPDATE SET
                               addr = excluded.addr, certificate = excluded.certificate, seen = excluded.seen)
             SELECT {STANDING} FROM pfb_owner"
        );
        let row = self.session.one(LEASE_ANSWER, &sql, &[&me.node, &me.addr, &me.certificate])?;
        standing(&row)
    }

    fn take_over(&mut self, me: &Candidate, lease: Duration) -> Result<(bool, Standing), RemoteError> {
        let sql = format!(
            "WITH mine AS (UPDATE pfb_owner SET epoch = epoch + 1, node = $1, addr = $2, certificate = $3,
                               until = clock_timestamp() + $4::bigint * interval '1 millisecond'
                           WHERE until <= clock_timestamp() RETURNING *),
                  gone AS (DELETE FROM pfb_node
                           WHERE seen < clock_timestamp() - interval '1 day' AND EXISTS (SELECT 1 FROM mine))
             SELECT {STANDING} FROM mine"
        );
        let parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)] =
            &[&me.node, &me.addr, &me.certificate, &ms(lease)];
        match self.session.write(LEASE_ANSWER, &sql, parameters)?.first() {
            Some(row) => Ok((true, standing(row)?)),
            None => Ok((false, self.standing()?)),
        }
    }

    fn renew(&mut self, epoch: u64, lease: Duration) -> Result<bool, RemoteError> {
        let sql = "UPDATE pfb_owner SET until = clock_timestamp() + $2::bigint * interval '1 millisecond'
                   WHERE epoch = $1 RETURNING 1";
        Ok(!self.session.write(LEASE_ANSWER, sql, &[&signed(epoch), &ms(lease)])?.is_empty())
    }

    fn release(&mut self, epoch: u64) -> Result<(), RemoteError> {
        let sql = "UPDATE pfb_owner SET until = least(until, clock_timestamp()) WHERE epoch = $1";
        self.session.write(LEASE_ANSWER, sql, &[&signed(epoch)])?;
        Ok(())
    }

    fn candidates(&mut self) -> Result<Vec<Seen>, RemoteError> {
        let sql =
            "SELECT node, addr, certificate, (extract(epoch FROM clock_timestamp() - seen) * 1000)::bigint
                   FROM pfb_node WHERE seen > clock_timestamp() - interval '1 day'
                   ORDER BY seen DESC LIMIT $1";
        let rows = self.session.ask(LEASE_ANSWER, sql, &[&MOST_SEEN])?;
        let seen = rows.iter().map(|row| {
            let candidate =
                Candidate { node: value(row, 0)?, addr: value(row, 1)?, certificate: value(row, 2)? };
            Ok(Seen { candidate, ago_ms: value(row, 3)? })
        });
        seen.collect()
    }

    fn begin_next(&mut self) -> Result<(), RemoteError> {
        self.session.batch(
            BULK,
            "DROP TABLE IF EXISTS pfb_record_next;
             CREATE TABLE pfb_record_next (k bytea PRIMARY KEY, v bytea NOT NULL)",
        )
    }

    fn fill_next(&mut self, batch: &Batch) -> Result<(), RemoteError> {
        let (keys, values, gone) = parts(batch);
        let sql = "WITH gone AS (DELETE FROM pfb_record_next WHERE k = ANY($3))
                   INSERT INTO pfb_record_next SELECT k, v FROM unnest($1::bytea[], $2::bytea[]) AS new(k, v)
                   ON CONFLICT (k) DO UPDATE SET v = excluded.v";
        self.session.write(BULK, sql, &[&keys, &values, &gone])?;
        Ok(())
    }

    fn exchange(&mut self, epoch: u64, height: u64, keep: bool) -> Result<Committed, RemoteError> {
        let (epoch, height) = (signed(epoch), signed(height));
        let replaced = if keep { "" } else { "DROP TABLE pfb_record_replaced;" };
        let sql = format!(
            "DO $$ BEGIN
                 UPDATE pfb_owner SET height = {height}, moved = NULL WHERE epoch = {epoch} AND height = {height} - 1;
                 IF NOT FOUND THEN RAISE EXCEPTION 'not the owner' USING ERRCODE = '{NOT_MINE}'; END IF;
                 DROP TABLE IF EXISTS pfb_record_replaced;
                 ALTER TABLE pfb_record RENAME TO pfb_record_replaced;
                 ALTER TABLE pfb_record_next RENAME TO pfb_record;
                 CREATE TABLE pfb_record_next (k bytea PRIMARY KEY, v bytea NOT NULL);
                 {replaced}
             END $$"
        );
        match self.session.try_batch(BULK, &sql) {
            Ok(()) => Ok(Committed::Done),
            Err((state, _)) if state == NOT_MINE => Ok(Committed::Refused),
            Err((_, error)) => Err(error),
        }
    }

    fn set_moved(&mut self, epoch: u64, height: u64, to: &str) -> Result<Committed, RemoteError> {
        let sql = "UPDATE pfb_owner SET height = $2::bigint, moved = $3
                   WHERE epoch = $1 AND height = $2::bigint - 1 RETURNING 1";
        let rows = self.session.write(ANSWER, sql, &[&signed(epoch), &signed(height), &to])?;
        Ok(committed(&rows))
    }

    fn survives(&mut self) -> Result<Survives, RemoteError> {
        let sql = "SELECT current_setting('fsync'), current_setting('full_page_writes'),
                          current_setting('synchronous_commit'), current_setting('synchronous_standby_names'),
                          (SELECT relpersistence::text FROM pg_class WHERE oid = 'pfb_record'::regclass),
                          (SELECT count(*) FROM pg_stat_replication
                           WHERE coalesce(sync_state, 'sync') IN ('sync', 'quorum'))";
        let row = self.session.one(ANSWER, sql, &[])?;
        judged(&Settings {
            fsync: value(&row, 0)?,
            full_page_writes: value(&row, 1)?,
            synchronous_commit: value(&row, 2)?,
            standby_names: value(&row, 3)?,
            persistence: value(&row, 4)?,
            standbys: value(&row, 5)?,
        })
    }

    fn version(&mut self) -> Result<String, RemoteError> {
        let row = self.session.one(ANSWER, "SELECT current_setting('server_version')", &[])?;
        Ok(format!("PostgreSQL {}", value::<String>(&row, 0)?))
    }
}

/// What a commit's fate depends on, as the server says it.
struct Settings {
    fsync: String,
    full_page_writes: String,
    /// Of our session.
    synchronous_commit: String,
    standby_names: String,
    /// Of the table of records.
    persistence: String,
    /// Connected synchronous standbys. Who may not see what they are sees that they are there.
    standbys: i64,
}

fn judged(settings: &Settings) -> Result<Survives, RemoteError> {
    let refused = |text: &str| Err(RemoteError::Refused(text.to_owned()));
    if settings.fsync != "on" {
        return refused(
            "it runs with fsync = off, so a power cut loses everything: set fsync = on and restart it",
        );
    }
    if settings.full_page_writes != "on" {
        return refused(
            "it runs with full_page_writes = off, so a power cut can damage what was kept: set it to on",
        );
    }
    if settings.synchronous_commit == "off" {
        return refused(
            "the options in STORE_URL set synchronous_commit = off, so its crash loses messages that were \
             acknowledged: take that out",
        );
    }
    if settings.persistence != "p" {
        return refused(
            "its table pfb_record is UNLOGGED, so its crash empties it: ALTER TABLE pfb_record SET LOGGED",
        );
    }
    let waits = matches!(settings.synchronous_commit.as_str(), "on" | "remote_apply");
    match !settings.standby_names.is_empty() && waits {
        false => Ok(Survives::Machine),
        true if settings.standbys > 0 => Ok(Survives::TwoMachines),
        // Commits wait for it, so nothing can be done before it is back.
        true => Err(RemoteError::Lost(
            "its synchronous standby (synchronous_standby_names) is not connected, and every write waits for it".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_commit_survives_follows_from_the_settings() {
        let with = |change: fn(&mut Settings)| {
            let mut settings = Settings {
                fsync: "on".to_owned(),
                full_page_writes: "on".to_owned(),
                synchronous_commit: "on".to_owned(),
                standby_names: "'ANY 1 (*)'".to_owned(),
                persistence: "p".to_owned(),
                standbys: 1,
            };
            change(&mut settings);
            judged(&settings)
        };
        assert_eq!(with(|_| ()), Ok(Survives::TwoMachines));
        assert_eq!(with(|of| of.synchronous_commit = "remote_apply".to_owned()), Ok(Survives::TwoMachines));
        assert_eq!(with(|of| of.synchronous_commit = "local".to_owned()), Ok(Survives::Machine));
        assert_eq!(with(|of| of.synchronous_commit = "remote_write".to_owned()), Ok(Survives::Machine));
        assert_eq!(with(|of| of.standby_names.clear()), Ok(Survives::Machine));
        assert!(matches!(with(|of| of.standbys = 0), Err(RemoteError::Lost(_))));
        for change in [
            (|of| of.fsync = "off".to_owned()) as fn(&mut Settings),
            |of| of.full_page_writes = "off".to_owned(),
            |of| of.synchronous_commit = "off".to_owned(),
            |of| of.persistence = "u".to_owned(),
        ] {
            assert!(matches!(with(change), Err(RemoteError::Refused(_))));
        }
    }
}
