//! The steps of a shared store as scripts of Redis, their keys, and what they answer.
//!
//! Numbers are compared as the text they are kept as: Lua counts in doubles. Must not know how a script is sent.

use crate::store::server::{Candidate, RemoteError, Seen, Standing};
use redis::Script;
use std::str::FromStr;
use std::sync::LazyLock;

/// Version of what is written down here.
pub const LAYOUT: &str = "1";

// One hash tag: proxies in front of Redis ask that the keys of a script belong together.
/// Hash: layout, id, epoch, height, node, addr, certificate, until (ms of the server's clock), moved.
pub const OWNER: &str = "{phonicflow}:owner";
/// Sorted set of the records' keys, all with score 0; hash of their values.
pub const CURRENT: [&str; 2] = ["{phonicflow}:keys", "{phonicflow}:values"];
pub const NEXT: [&str; 2] = ["{phonicflow}:next-keys", "{phonicflow}:next-values"];
pub const REPLACED: [&str; 2] = ["{phonicflow}:replaced-keys", "{phonicflow}:replaced-values"];
/// Hash of nodes: address, line feed, certificate.
pub const CANDIDATES: &str = "{phonicflow}:candidates";
/// Sorted set of nodes by when they were last seen, ms.
pub const SEEN: &str = "{phonicflow}:seen";

/// Goes before each script.
const COMMON: &str = r"
local DAY = 24 * 60 * 60 * 1000
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function digits(number) return string.format('%.0f', number) end
local function standing()
  local found = redis.call('HMGET', KEYS[1], 'id', 'epoch', 'height', 'node', 'addr', 'certificate', 'until', 'moved')
  found[9] = digits(now())
  return found
end
local function fenced()
  local found = redis.call('HMGET', KEYS[1], 'epoch', 'height')
  return found[1] ~= ARGV[1] or found[2] ~= ARGV[2]
end
local function write(keys, values, first)
  local puts = first + 2 * tonumber(ARGV[first])
  for i = first + 1, puts, 2 do
    if redis.call('HSET', values, ARGV[i], ARGV[i + 1]) == 1 then redis.call('ZADD', keys, 0, ARGV[i]) end
  end
  for i = puts + 1, #ARGV do
    if redis.call('HDEL', values, ARGV[i]) == 1 then redis.call('ZREM', keys, ARGV[i]) end
  end
end
";

fn script(body: &str) -> Script {
    Script::new(&[COMMON, body].concat())
}

pub static PREPARE: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
local layout = redis.call('HGET', KEYS[1], 'layout')
if layout then return layout end
redis.call('HSET', KEYS[1], 'layout', ARGV[1], 'id', ARGV[2], 'epoch', 0, 'height', 0, 'until', 0)
return ARGV[1]",
    )
});

pub static STANDING: LazyLock<Script> = LazyLock::new(|| script("return standing()"));

pub static PAGE: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
local keys
if ARGV[3] == '1' then
  keys = redis.call('ZRANGE', KEYS[1], ARGV[2], ARGV[1], 'BYLEX', 'REV', 'LIMIT', 0, ARGV[4])
else
  keys = redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[2], 'BYLEX', 'LIMIT', 0, ARGV[4])
end
local found = {}
for i, key in ipairs(keys) do
  found[2 * i - 1] = key
  found[2 * i] = redis.call('HGET', KEYS[2], key)
end
return found",
    )
});

pub static COMMIT: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
if fenced() then return 0 end
write(KEYS[2], KEYS[3], 4)
redis.call('HSET', KEYS[1], 'height', ARGV[3])
return 1",
    )
});

pub static FILL: LazyLock<Script> = LazyLock::new(|| script("write(KEYS[1], KEYS[2], 1)"));

pub static EXCHANGE: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
if fenced() then return 0 end
local function move(from, to)
  if redis.call('EXISTS', from) == 1 then redis.call('RENAME', from, to) end
end
redis.call('UNLINK', KEYS[6], KEYS[7])
if ARGV[4] == '1' then
  move(KEYS[2], KEYS[6])
  move(KEYS[3], KEYS[7])
else
  redis.call('UNLINK', KEYS[2], KEYS[3])
end
move(KEYS[4], KEYS[2])
move(KEYS[5], KEYS[3])
redis.call('HDEL', KEYS[1], 'moved')
redis.call('HSET', KEYS[1], 'height', ARGV[3])
return 1",
    )
});

pub static MOVED: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
if fenced() then return 0 end
redis.call('HSET', KEYS[1], 'moved', ARGV[4], 'height', ARGV[3])
return 1",
    )
});

pub static TAKE_OVER: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
local at, lease = now(), tonumber(redis.call('HGET', KEYS[1], 'until'))
local taken = 0
if lease and lease <= at then
  redis.call('HINCRBY', KEYS[1], 'epoch', 1)
  redis.call('HSET', KEYS[1], 'node', ARGV[1], 'addr', ARGV[2], 'certificate', ARGV[3], 'until', digits(at + ARGV[4]))
  taken = 1
end
return {taken, standing()}",
    )
});

pub static RENEW: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'until', digits(now() + ARGV[2]))
return 1",
    )
});

pub static RELEASE: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
if redis.call('HGET', KEYS[1], 'epoch') == ARGV[1] then redis.call('HSET', KEYS[1], 'until', digits(now())) end",
    )
});

/// The certificate is written once, not every time: each write is appended to a file that is flushed.
pub static PRESENT: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
local at, what = now(), ARGV[2] .. '\n' .. ARGV[3]
if redis.call('HGET', KEYS[2], ARGV[1]) ~= what then redis.call('HSET', KEYS[2], ARGV[1], what) end
redis.call('ZADD', KEYS[3], digits(at), ARGV[1])
for _, node in ipairs(redis.call('ZRANGE', KEYS[3], '-inf', digits(at - DAY), 'BYSCORE')) do
  redis.call('HDEL', KEYS[2], node)
  redis.call('ZREM', KEYS[3], node)
end
return standing()",
    )
});

pub static LIST: LazyLock<Script> = LazyLock::new(|| {
    script(
        r"
local at, found = now(), {}
local seen = redis.call('ZRANGE', KEYS[2], '+inf', digits(at - DAY), 'BYSCORE', 'REV', 'WITHSCORES')
for i = 1, #seen, 2 do
  table.insert(found, {seen[i], redis.call('HGET', KEYS[1], seen[i]) or '', digits(at - tonumber(seen[i + 1]))})
end
return found",
    )
});

/// What [`STANDING`] found, and the scripts that end with it.
pub fn standing(found: Vec<Option<Vec<u8>>>) -> Result<Standing, RemoteError> {
    let Ok([id, epoch, height, node, addr, certificate, until, moved, now]) = <[_; 9]>::try_from(found)
    else {
        return Err(unreadable());
    };
    if id.is_none() {
        return Err(RemoteError::Refused("the records are gone: somebody emptied the database".to_owned()));
    }
    Ok(Standing {
        id: number(id)?,
        epoch: number(epoch)?,
        height: number(height)?,
        owner: Candidate { node: text(node), addr: text(addr), certificate: certificate.unwrap_or_default() },
        lease_ms: number::<i64>(until)?.saturating_sub(number(now)?),
        moved: moved.map(|moved| text(Some(moved))),
    })
}

/// What [`LIST`] found: node, address and certificate, and how long ago, ms.
pub fn candidates(found: Vec<(Vec<u8>, Vec<u8>, Vec<u8>)>) -> Result<Vec<Seen>, RemoteError> {
    let seen = |(node, what, ago_ms): (_, Vec<u8>, _)| {
        let mut parts = what.splitn(2, |byte| *byte == b'\n').map(<[u8]>::to_vec);
        let candidate = Candidate {
            node: text(Some(node)),
            addr: text(parts.next()),
            certificate: parts.next().unwrap_or_default(),
        };
        Ok(Seen { candidate, ago_ms: number(Some(ago_ms))? })
    };
    found.into_iter().map(seen).collect()
}

fn text(bytes: Option<Vec<u8>>) -> String {
    String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
}

fn number<T: FromStr>(bytes: Option<Vec<u8>>) -> Result<T, RemoteError> {
    text(bytes).parse().map_err(|_| unreadable())
}

fn unreadable() -> RemoteError {
    RemoteError::Refused(format!("{OWNER} in the database cannot be read: it was changed by hand"))
}
