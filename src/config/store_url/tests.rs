//! Good and bad URLs of a shared store, by table and by property.

use super::*;
use proptest::prelude::*;

#[test]
fn what_is_shown_is_host_port_and_database() {
    for (raw, shown, encrypted) in [
        ("postgres://u:p@db.lan:5433/bot", "db.lan:5433/bot", true),
        ("postgresql://u:p@db/bot", "db:5432/bot", true),
        ("POSTGRES://u@10.0.0.1/bot", "10.0.0.1:5432/bot", true),
        ("postgres://u:p@127.0.0.1/bot", "127.0.0.1:5432/bot", false),
        ("postgres://u:p@localhost/bot?sslmode=require", "localhost:5432/bot", true),
        ("postgres://u:p@db/bot?sslmode=disable", "db:5432/bot", false),
        ("postgres://u:p@db/bot?sslmode=verify-full", "db:5432/bot", true),
        ("postgres://u:p@[fd00::1]:5432/bot", "[fd00::1]:5432/bot", true),
        ("postgres://[::1]/bot", "[::1]:5432/bot", false),
        ("postgres://u:p%40ss%2F%3A@h/b%20t", "h:5432/b t", true),
        ("postgres:///bot?host=/run/postgresql", "/run/postgresql:5432/bot", false),
        ("postgres:///bot?host=%2Ftmp&port=5444&user=u", "/tmp:5444/bot", false),
        ("postgres://u@%2Frun%2Fpostgresql/bot", "/run/postgresql:5432/bot", false),
        ("postgres://u:p@h1:5432,h2:5433/db?target_session_attrs=read-write", "h1:5432,h2:5433/db", true),
        ("postgres:///db?host=h1,h2&port=1,2", "h1:1,h2:2/db", true),
        ("postgres://u@127.0.0.1,h2/db", "127.0.0.1:5432,h2:5432/db", true),
        ("postgres://h?dbname=bot", "h:5432/bot", true),
        ("redis://127.0.0.1", "127.0.0.1:6379/0", false),
        ("redis://:p@cache:6380/3", "cache:6380/3", false),
        ("rediss://u:p@cache.example.org", "cache.example.org:6379/0", true),
        ("rediss://[fd00::2]:6390/15", "[fd00::2]:6390/15", true),
    ] {
        let url = StoreUrl::parse(raw).unwrap_or_else(|error| panic!("{raw}: {error}"));
        assert_eq!((url.to_string().as_str(), url.encrypted()), (shown, encrypted), "{raw}");
        assert_eq!(url.expose(), raw);
        let postgres = raw.to_ascii_lowercase().starts_with("postgres");
        assert_eq!(url.engine() == StoreEngine::Postgres, postgres, "{raw}");
    }
}

#[test]
fn what_cannot_be_a_shared_store_is_refused_in_words() {
    for (raw, part) in [
        ("", "must be postgres://"),
        ("db:5432/bot", "must be postgres://"),
        ("mysql://u:p@db/bot", "must be postgres://"),
        ("http://db/bot", "must be postgres://"),
        ("redis+unix:///run/redis.sock", "must be postgres://"),
        ("redis-sentinel://h/0", "must be postgres://"),
        ("postgres://", "no host"),
        ("postgres:///bot", "no host"),
        ("postgres://u:p@/bot", "no host"),
        ("postgres://u:p@db", "no database"),
        ("postgres://u:p@db/", "no database"),
        ("postgres://u:p@db:0/bot", "port"),
        ("postgres://u:p@db:99999/bot", "port"),
        ("postgres://u:p@db:/bot", "port"),
        ("postgres://u:p@db:port/bot", "port"),
        ("postgres://u:p@h1,/bot", "must be postgres://"),
        ("postgres://u:p@[fd00::1/bot", "must be postgres://"),
        ("postgres://u:p@[x]/bot", "IPv6"),
        ("postgres://u:p@ss@db/bot", "%40"),
        ("postgres://u:12/34@db/bot", "%40"),
        ("postgres://u:p#ss@db/bot", "%40"),
        ("postgres://u:p?ss@db/bot", "%40"),
        ("postgres://u:p%ss@db/bot", "%40"),
        ("postgres://u:p ss@db/bot", "%40"),
        ("postgres://u:p%00@db/b%00t", "control"),
        ("postgres://u:p@db/%ff", "UTF-8"),
        ("postgres://u:p@db/one/two", "%40"),
        ("postgres://u:p@db/bot?sslmode=prefer", "sslmode that is not disable or require"),
        ("postgres://u:p@db/bot?sslrootcert=/ca.pem", "STORE_CA_FILE"),
        ("postgres://u:p@db/bot?connect_timeout=soon", "connect_timeout that is not a whole number"),
        ("postgres://u:p@h1,h2/bot?target_session_attrs=read-only", "target_session_attrs"),
        ("postgres://u:p@h1,h2/bot?port=1,2", "behind its host"),
        ("postgres:///bot?host=a,b,c&port=1,2", "behind its host"),
        ("postgres://u:p@db/bot?sslmode", "not known"),
        ("redis://", "must be postgres://"),
        ("redis:///0", "must be postgres://"),
        ("redis://h1,h2/0", "several hosts"),
        ("redis://h/bot", "by its number"),
        ("redis://h/-1", "by its number"),
        ("redis://h/007", "by its number"),
        ("redis://h/0?protocol=resp3", "takes none"),
        // The redis crate would not check the certificate then.
        ("rediss://h/0#insecure", "not allowed"),
    ] {
        let error = StoreUrl::parse(raw).map(|url| url.to_string()).expect_err(raw);
        assert!(error.contains(part), "{raw}: {error}");
    }
}

proptest! {
    #[test]
    fn neither_the_password_nor_the_user_is_ever_repeated(
        word in "[A-Z]{6}([@/:?#%, ][A-Z]{6}){0,2}",
        before in "(postgres|rediss?|x)(://|:/)(USER[:@])?",
        after in "@[a-z]{1,3}(:[0-9]{1,3})?(/[a-z0-9]{0,3})?(\\?sslmode=[a-z]{1,8})?",
    ) {
        let shown = match StoreUrl::parse(&format!("{before}{word}{after}")) {
            Ok(url) => format!("{url} {url:?}"),
            Err(error) => error.replace("USER:PASSWORD@HOST:PORT/DATABASE", "").replace("USER:PASSWORD@HOST:PORT/NUMBER", ""),
        };
        for part in word.split(['@', '/', ':', '?', '#', '%', ',', ' ']) {
            prop_assert!(!shown.contains(part), "{}", shown);
        }
        prop_assert!(!shown.contains("USER"), "{}", shown);
    }

    #[test]
    fn no_text_makes_it_panic(raw in "\\PC{0,40}|(postgres|redis)://[a-z:@/\\[\\]0-9%?=&,]{0,30}") {
        let _ = StoreUrl::parse(&raw);
    }
}
