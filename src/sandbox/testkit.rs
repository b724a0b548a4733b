//! A raw HTTP/1.1 client for the tests of this module. Must not know the doubles.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// An answer, read until the connection closed.
#[derive(Debug)]
pub(crate) struct Heard {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Heard {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn description(&self) -> String {
        self.json()["description"].as_str().unwrap_or_default().to_owned()
    }
}

/// Sends a request and leaves the connection open.
pub(crate) async fn open(
    addr: SocketAddr,
    method: &str,
    target: &str,
    headers: &str,
    body: &[u8],
) -> TcpStream {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let head = format!(
        "{method} {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    stream
}

/// Reads to the end; an error is a reset.
pub(crate) async fn hear(mut stream: TcpStream) -> std::io::Result<Heard> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    let split =
        bytes.windows(4).position(|window| window == b"\r\n\r\n").ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8(bytes[..split].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Ok(Heard { status, head, body: bytes[split + 4..].to_vec() })
}

pub(crate) async fn get(addr: SocketAddr, target: &str) -> Heard {
    hear(open(addr, "GET", target, "", b"").await).await.unwrap()
}

pub(crate) const JSON: &str = "content-type: application/json\r\n";
pub(crate) const FORM: &str = "content-type: multipart/form-data; boundary=xyz\r\n";

pub(crate) async fn post(addr: SocketAddr, target: &str, body: &Value) -> Heard {
    hear(open(addr, "POST", target, JSON, body.to_string().as_bytes()).await).await.unwrap()
}

/// Name, file name and type, bytes.
pub(crate) type Piece<'a> = (&'a str, Option<(&'a str, &'a str)>, &'a [u8]);

/// A multipart body with the boundary `xyz`.
pub(crate) fn form(parts: &[Piece<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, file, bytes) in parts {
        out.extend_from_slice(format!("--xyz\r\nContent-Disposition: form-data; name=\"{name}\"").as_bytes());
        if let Some((file, mime)) = file {
            out.extend_from_slice(format!("; filename=\"{file}\"\r\nContent-Type: {mime}").as_bytes());
        }
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(bytes);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"--xyz--\r\n");
    out
}

/// The smallest thing that passes for an Ogg/Opus file.
pub(crate) fn opus() -> Vec<u8> {
    let mut page = b"OggS\0\x02".to_vec();
    page.resize(26, 0);
    page.extend_from_slice(&[1, 19]);
    page.extend_from_slice(b"OpusHead\x01\x01\x38\x01\x80\xbb\0\0\0\0\0");
    page
}

pub(crate) fn text(chat: i64, text: &str) -> Value {
    json!({ "chat_id": chat, "text": text })
}
