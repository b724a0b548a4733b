//! One connection to PostgreSQL on a runtime of its own, so that whoever asks blocks, but never for longer than its deadline.
//!
//! An answer that was given up leaves the connection in the middle of something: after [`RemoteError::Lost`] it is dropped.
//! Must not know the tables.

use super::told::{told, warned};
use crate::store::server::RemoteError;
use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Runtime;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::types::{FromSqlOwned, ToSql};
use tokio_postgres::{AsyncMessage, Client, Config, Connection, Error, Row, Socket, Statement};

/// For a statement of a few records.
pub const ANSWER: Duration = Duration::from_secs(3);
/// For what keeps or takes a lease: one lost answer must not cost the lease.
pub const LEASE_ANSWER: Duration = Duration::from_secs(2);
/// For the steps of replacing everything.
pub const BULK: Duration = Duration::from_secs(60);

type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

pub struct Session {
    blocking: Blocking,
    client: Client,
    /// By their text.
    statements: HashMap<String, Statement>,
    warning: Arc<Mutex<Option<String>>>,
}

impl Session {
    /// `deadline`: for all hosts together.
    pub fn connect<T>(config: &Config, tls: T, deadline: Duration) -> Result<Self, RemoteError>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| RemoteError::Lost(format!("no event loop: {error}")))?;
        let blocking = Blocking(Some(runtime));
        let (client, connection) = blocking.run(deadline, config.connect(tls))?;
        let warning = Arc::default();
        if let Some(runtime) = &blocking.0 {
            runtime.spawn(drive(connection, Arc::clone(&warning)));
        }
        Ok(Self { blocking, client, statements: HashMap::new(), warning })
    }

    /// Carries a statement out; one round trip, and another one when it is new to this connection.
    pub fn ask(
        &mut self,
        deadline: Duration,
        sql: &str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, RemoteError> {
        let (client, known) = (&self.client, self.statements.get(sql).cloned());
        let is_known = known.is_some();
        let (statement, rows) = self.blocking.run(deadline, async {
            let statement = match known {
                Some(statement) => statement,
                None => client.prepare(sql).await?,
            };
            // Returns when the server is ready for more, which is after the commit.
            let rows = client.query(&statement, parameters).await?;
            Ok((statement, rows))
        })?;
        if !is_known {
            self.statements.insert(sql.to_owned(), statement);
        }
        Ok(rows)
    }

    pub fn one(
        &mut self,
        deadline: Duration,
        sql: &str,
        parameters: Parameters<'_>,
    ) -> Result<Row, RemoteError> {
        let rows = self.ask(deadline, sql, parameters)?;
        rows.into_iter().next().ok_or_else(|| {
            RemoteError::Refused("a row is missing from its tables pfb_*: somebody changed them".to_owned())
        })
    }

    /// As [`Self::ask`], for what must be durable: a commit with a warning is none. The server warns when the wait for its
    /// standby was cut short.
    pub fn write(
        &mut self,
        deadline: Duration,
        sql: &str,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, RemoteError> {
        self.take_warning();
        let rows = self.ask(deadline, sql, parameters)?;
        self.without_warning()?;
        Ok(rows)
    }

    /// Statements in one transaction, durable as with [`Self::write`]; the error's SQLSTATE where the server gives one.
    pub fn batch(&mut self, deadline: Duration, sql: &str) -> Result<(), RemoteError> {
        self.try_batch(deadline, sql).map_err(|(_, error)| error)
    }

    /// As [`Self::batch`], with the SQLSTATE of the server's error.
    pub fn try_batch(&mut self, deadline: Duration, sql: &str) -> Result<(), (String, RemoteError)> {
        self.take_warning();
        let mut state = String::new();
        let done = self.blocking.run(deadline, async {
            let done = self.client.batch_execute(sql).await;
            if let Some(code) = done.as_ref().err().and_then(Error::code) {
                code.code().clone_into(&mut state);
            }
            done
        });
        done.and_then(|()| self.without_warning()).map_err(|error| (state, error))
    }

    fn take_warning(&self) -> Option<String> {
        self.warning.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn without_warning(&self) -> Result<(), RemoteError> {
        match self.take_warning() {
            None => Ok(()),
            Some(text) => Err(RemoteError::Lost(format!("it is not certain that this was kept: {text}"))),
        }
    }
}

/// A column of a row.
pub fn value<T: FromSqlOwned>(row: &Row, column: usize) -> Result<T, RemoteError> {
    row.try_get(column).map_err(|_| {
        RemoteError::Refused(
            "its tables pfb_* have columns of another type: somebody changed them".to_owned(),
        )
    })
}

/// A runtime that may be dropped anywhere, and waits for nothing then.
struct Blocking(Option<Runtime>);

impl Blocking {
    fn run<T>(
        &self,
        deadline: Duration,
        asked: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, RemoteError> {
        let Some(runtime) = &self.0 else {
            return Err(RemoteError::Lost("the connection is closed".to_owned()));
        };
        match runtime.block_on(async { tokio::time::timeout(deadline, asked).await }) {
            Ok(answer) => answer.map_err(|error| told(&error)),
            Err(_) => Err(RemoteError::Lost(format!("no answer within {} s", deadline.as_secs()))),
        }
    }
}

impl Drop for Blocking {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Keeps the connection going while somebody asks. What the server notes on the way arrives before the answer it belongs to.
async fn drive<S, T>(mut connection: Connection<S, T>, warning: Arc<Mutex<Option<String>>>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
        if let AsyncMessage::Notice(notice) = message
            && let Some(text) = warned(&notice)
        {
            *warning.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
        }
    }
}
