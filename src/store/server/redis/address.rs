//! Where a Redis server is and how to get in: its URL, TLS, the password.
//!
//! No error contains the password. Must not know what is asked of the server.

use super::trouble::trouble;
use crate::secret::KeyMaterial;
use crate::store::server::RemoteError;
use redis::io::tcp::{TcpSettings, socket2::TcpKeepalive};
use redis::{
    Client, Connection, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisConnectionInfo,
    TlsCertificates, cmd,
};
use std::fmt;
use std::time::Duration;

pub struct Address {
    client: Client,
    user: Option<String>,
    password: Option<KeyMaterial>,
    database: i64,
}

impl Address {
    /// Of `redis[s]://[[user]:password@]host[:port][/database]`.
    pub fn of(url: &str, ca: Option<&[u8]>) -> Result<Self, String> {
        let shape = "a URL of Redis is redis[s]://[[user]:password@]host[:port][/number of the database]";
        let parsed = redis::parse_redis_url(url).ok_or(shape)?;
        if !matches!(parsed.scheme(), "redis" | "rediss") {
            return Err(shape.to_owned());
        }
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(format!("{shape}; nothing follows after ? or #"));
        }
        if !parsed.username().is_empty() && parsed.password().is_none() {
            return Err(format!("{shape}; this one has a user without a password"));
        }
        // Only ever says what is wrong with host, number of the database, or the encoding of user and password.
        let info = parsed.into_connection_info().map_err(|error| format!("{shape}: {}", error.category()))?;
        let login = info.redis_settings();
        let (user, database) = (login.username().map(str::to_owned), login.db());
        let password = login.password().map(|password| KeyMaterial::new(password.as_bytes().to_vec()));
        if database < 0 {
            return Err(shape.to_owned());
        }
        Ok(Self { client: client(info, ca)?, user, password, database })
    }

    /// Connects and logs in. Nothing on the connection is waited for longer than `answer`.
    pub fn connect(&self, within: Duration, answer: Duration) -> Result<Connection, RemoteError> {
        let lost = |error: redis::RedisError| trouble(&error);
        let mut connection = self.client.get_connection_with_timeout(within).map_err(lost)?;
        connection.set_read_timeout(Some(answer)).map_err(lost)?;
        connection.set_write_timeout(Some(answer)).map_err(lost)?;
        if let Some(password) = &self.password {
            let mut login = cmd("AUTH");
            if let Some(user) = &self.user {
                login.arg(user);
            }
            login.arg(password.expose()).exec(&mut connection).map_err(lost)?;
        }
        if self.database != 0 {
            cmd("SELECT").arg(self.database).exec(&mut connection).map_err(lost)?;
        }
        Ok(connection)
    }
}

fn client(info: ConnectionInfo, ca: Option<&[u8]>) -> Result<Client, String> {
    let keepalive =
        TcpKeepalive::new().with_time(Duration::from_secs(10)).with_interval(Duration::from_secs(5));
    let settings = TcpSettings::default()
        .set_nodelay(true)
        .set_keepalive(keepalive)
        .set_user_timeout(Duration::from_secs(10));
    // Logging in is left to `connect`: the crate takes whatever the server answers there for a wrong password.
    let login = RedisConnectionInfo::default().set_skip_set_lib_name();
    let info = info.set_tcp_settings(settings).set_redis_settings(login);
    let client = match (info.addr(), ca) {
        (ConnectionAddr::TcpTls { .. }, Some(ca)) => {
            let trusted = TlsCertificates { client_tls: None, root_cert: Some(ca.to_vec()) };
            Client::build_with_tls(info, trusted)
        }
        _ => Client::open(info),
    };
    client.map_err(|error| format!("the certificates to trust cannot be used: {}", error.category()))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = self.client.get_connection_info();
        write!(f, "{}/{}", info.addr(), self.database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_where_and_never_the_password() {
        for (url, place) in [
            ("redis://cache", "cache:6379/0"),
            ("redis://10.0.0.7:7000/3", "10.0.0.7:7000/3"),
            ("redis://bot:s%40cret@cache/", "cache:6379/0"),
            ("rediss://:s3cret@cache.example:6380/1", "cache.example:6380/1"),
        ] {
            assert_eq!(
                Address::of(url, None).map(|address| address.to_string()),
                Ok(place.to_owned()),
                "{url}"
            );
        }
        let address = Address::of("redis://bot:s%40cret@cache/", None).unwrap();
        assert_eq!(address.password.unwrap().expose(), b"s@cret");
        assert_eq!(address.user.as_deref(), Some("bot"));
    }

    #[test]
    fn what_is_no_url_of_redis_is_refused_without_the_password() {
        for url in [
            "cache:6379",
            "http://:s3cret@cache",
            "unix:///run/redis.sock?pass=s3cret",
            "redis://:s3cret@cache/store",
            "redis://:s3cret@cache/-1",
            "redis://:s3cret@cache?protocol=resp3",
            "rediss://:s3cret@cache/#insecure",
            "redis://bot@cache",
            "redis://:s3cret@",
            "redis://:s3cret@0.0.0.0",
        ] {
            let Err(why) = Address::of(url, None) else { panic!("{url} was taken") };
            assert!(why.contains("redis[s]://") && !why.contains("s3cret"), "{url}: {why}");
        }
        let Err(why) = Address::of("rediss://cache", Some(b"-----BEGIN CERTIFICATE-----\nAAAA\n")) else {
            panic!("certificates that are none were taken")
        };
        assert!(why.contains("certificates"), "{why}");
    }
}
