//! Downloads a file: `getFile`, then its link, streamed into memory.
//!
//! Must not know what is in the file. The link contains the token: it exists in this file's local variables
//! only.

use super::client::Client;
use super::error::TelegramError;
use super::{local_file, tolerant};
use crate::http::HttpError;
use bytes::{Bytes, BytesMut};
use frankenstein::AsyncTelegramApi;
use frankenstein::methods::GetFileParams;
use frankenstein::response::MethodResponse;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// Longest pause between two pieces of a file.
const IDLE: Duration = Duration::from_secs(15);
/// Pause before the single retry with a new link.
const PAUSE: Duration = Duration::from_secs(1);
/// Slowest download that is waited for, bytes per second.
const SLOWEST: u64 = 16 * 1024;

pub(super) struct Download<'a> {
    pub(super) client: &'a Client,
    /// Largest file accepted, bytes.
    pub(super) cap: usize,
    /// Deadline for a file of unknown size; large ones get more.
    pub(super) timeout: Duration,
    /// The folder of a server in `--local` mode.
    pub(super) local: Option<&'a Path>,
}

struct Fetched {
    bytes: Bytes,
    /// Fewer bytes came than `getFile` announced.
    short: bool,
}

impl Download<'_> {
    pub(super) async fn run(&self, file_id: &str, announced: Option<u64>) -> Result<Bytes, TelegramError> {
        self.check(announced)?;
        let result = match self.fetch(file_id, announced).await {
            // The link may have expired meanwhile, the file may be "temporarily unavailable", or a proxy may
            // have cut it short with a matching length: try once more with a new link.
            Err(TelegramError::FileGone) | Ok(Fetched { short: true, .. }) => {
                tokio::time::sleep(PAUSE.min(self.timeout / 10)).await;
                self.fetch(file_id, announced).await
            }
            other => other,
        };
        result.map(|fetched| fetched.bytes).map_err(|error| match error {
            // Downloading twice does no harm.
            TelegramError::Unknown { what } | TelegramError::Undecodable { what } => {
                TelegramError::Transient { what }
            }
            other => other,
        })
    }

    fn check(&self, size: Option<u64>) -> Result<(), TelegramError> {
        match size {
            Some(size) if size > self.cap as u64 => Err(self.too_large()),
            _ => Ok(()),
        }
    }

    fn too_large(&self) -> TelegramError {
        TelegramError::TooLarge { limit: self.cap as u64 }
    }

    async fn fetch(&self, file_id: &str, announced: Option<u64>) -> Result<Fetched, TelegramError> {
        let params = GetFileParams { file_id: file_id.to_owned() };
        let reply: Result<MethodResponse<Value>, TelegramError> =
            self.client.request("getFile", Some(params)).await;
        let file = reply?.result;
        let size = tolerant::size(file.get("file_size"));
        self.check(size)?;
        let Some(path) = tolerant::text(file.get("file_path"), 1024) else {
            return Err(TelegramError::FileGone);
        };
        let bytes = size.or(announced).unwrap_or(self.cap as u64);
        let deadline = self.timeout + Duration::from_secs(bytes / SLOWEST);
        if path.starts_with('/') {
            let bytes = self.read_local(Path::new(path), deadline).await?;
            return Ok(Fetched { bytes, short: false });
        }
        if path.split('/').any(|part| part == "..") {
            return Err(TelegramError::FileGone);
        }
        let bytes = self.read(path, deadline).await?;
        let short = size.is_some_and(|size| (bytes.len() as u64) < size);
        Ok(Fetched { bytes, short })
    }

    /// Reads the file from this machine's disk.
    async fn read_local(&self, path: &Path, deadline: Duration) -> Result<Bytes, TelegramError> {
        let Some(folder) = self.local else {
            return Err(TelegramError::Setup(
                "the Bot API server runs with --local and hands out paths on its own disk: set TELEGRAM_API_LOCAL=true \
                 and TELEGRAM_API_LOCAL_PATH when that disk is this machine's, or start it without --local"
                    .into(),
            ));
        };
        let (folder, path, cap) = (folder.to_owned(), path.to_owned(), self.cap);
        let reading = tokio::task::spawn_blocking(move || local_file::read(&folder, &path, cap));
        match tokio::time::timeout(deadline, reading).await {
            Ok(Ok(read)) => read,
            Ok(Err(_)) => Err(TelegramError::Transient { what: "reading a file was cut off".into() }),
            Err(_) => {
                Err(TelegramError::Transient { what: "a file on this machine's disk takes too long".into() })
            }
        }
    }

    async fn read(&self, path: &str, deadline: Duration) -> Result<Bytes, TelegramError> {
        let idle = IDLE.min(self.timeout);
        let silent = |_| HttpError::TimedOut;
        let mut response =
            tokio::time::timeout(idle, self.client.open(path, deadline)).await.map_err(silent)??;
        match response.status().as_u16() {
            200 => {}
            400 | 403 | 404 | 410 => return Err(TelegramError::FileGone),
            401 => return Err(TelegramError::Unauthorized),
            429 => return Err(TelegramError::retry_after(None)),
            status => return Err(TelegramError::Transient { what: format!("status {status} for a file") }),
        }
        if response.content_length().is_some_and(|length| length > self.cap as u64) {
            return Err(self.too_large());
        }
        let mut body = BytesMut::new();
        loop {
            let chunk = tokio::time::timeout(idle, response.chunk()).await.map_err(silent)?;
            let Some(chunk) = chunk.map_err(HttpError::from)? else { return Ok(body.freeze()) };
            if body.len() + chunk.len() > self.cap {
                return Err(self.too_large());
            }
            body.extend_from_slice(&chunk);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telegram::Retry;
    use crate::telegram::error::GET_FILE_LIMIT;
    use crate::telegram::tests::{Act, TOKEN, decent, no, ok, server, telegram};

    fn file(size: u64) -> Act {
        ok(&format!(r#"{{"file_id":"f","file_size":{size},"file_path":"voice/file_1.oga"}}"#))
    }

    async fn download(acts: Vec<Act>, announced: Option<u64>) -> Result<Bytes, TelegramError> {
        let (url, _asked) = server(acts).await;
        telegram(&url).download("f", announced).await.map_err(decent)
    }

    #[tokio::test]
    async fn a_file_is_fetched_and_an_old_link_renewed() {
        let body = Act::Answer(200, "", "sound".into());
        let gone = Act::Answer(404, "", "{}".into());
        assert_eq!(download(vec![file(5), body.clone()], None).await, Ok(Bytes::from_static(b"sound")));
        let (url, mut asked) = server(vec![file(5), gone.clone(), file(5), body]).await;
        assert_eq!(telegram(&url).download("f", Some(5)).await, Ok(Bytes::from_static(b"sound")));
        asked.recv().await.unwrap();
        assert!(asked.recv().await.unwrap().starts_with(&format!("GET /file/bot{TOKEN}/voice/file_1.oga ")));
        assert_eq!(
            download(vec![file(5), gone.clone(), file(5), gone], None).await,
            Err(TelegramError::FileGone)
        );
        let half = Act::Answer(200, "", "sou".into());
        let whole = Act::Answer(200, "", "sound".into());
        assert_eq!(
            download(vec![file(5), half.clone(), file(5), whole], None).await,
            Ok(Bytes::from_static(b"sound"))
        );
        // Twice the same length: then the announced size was wrong.
        assert_eq!(
            download(vec![file(5), half.clone(), file(5), half], None).await,
            Ok(Bytes::from_static(b"sou"))
        );
        let unknown =
            no(400, r#""description":"Bad Request: wrong file_id or the file is temporarily unavailable""#);
        assert_eq!(download(vec![unknown.clone(), unknown], None).await, Err(TelegramError::FileGone));
    }

    #[tokio::test]
    async fn a_file_too_large_is_refused_at_every_step() {
        let large = TelegramError::TooLarge { limit: 1000 };
        let flood = "x".repeat(5000);
        assert_eq!(download(vec![], Some(1001)).await, Err(large.clone()));
        assert_eq!(download(vec![file(1001)], None).await, Err(large.clone()));
        assert_eq!(
            download(vec![file(5), Act::Answer(200, "", flood.clone())], Some(5)).await,
            Err(large.clone())
        );
        let unannounced = Act::CutOff(format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{flood}"));
        assert_eq!(download(vec![file(5), unannounced], Some(5)).await, Err(large));
        let too_big = no(400, r#""description":"Bad Request: file is too big""#);
        let limit = GET_FILE_LIMIT;
        assert_eq!(download(vec![too_big], None).await, Err(TelegramError::TooLarge { limit }));
    }

    #[tokio::test]
    async fn a_file_that_stalls_breaks_or_lies_can_be_asked_for_again() {
        let half = "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nhalf".to_owned();
        for (name, act) in [
            ("stalls", Act::Hang),
            ("drips", Act::Drip),
            ("breaks", Act::CutOff(half)),
            ("server error", Act::Answer(503, "", "<html>".into())),
            ("redirect", Act::Answer(302, "location: http://other.example/\r\n", String::new())),
        ] {
            let error = download(vec![file(5), act], None).await.unwrap_err();
            assert_eq!(error.retry(), Retry::Yes, "{name}: {error:?}");
        }
        for path in ["/var/lib/bot/file", "../../etc/passwd"] {
            let lie = ok(&format!(r#"{{"file_id":"f","file_path":"{path}"}}"#));
            let error = download(vec![lie.clone(), lie], None).await.unwrap_err();
            assert_eq!(error.retry(), Retry::No, "{path}: {error:?}");
        }
    }
}
