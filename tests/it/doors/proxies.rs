//! Strict proxies: HTTP CONNECT and SOCKS5, each with user and password, refusing what a real one refuses.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

type Targets = Arc<Mutex<Vec<String>>>;

/// Takes `CONNECT host:port` from who knows the password.
pub struct HttpProxy {
    addr: SocketAddr,
    targets: Targets,
    task: JoinHandle<()>,
}

impl HttpProxy {
    pub async fn start(user: &str, password: &str) -> Self {
        let wanted =
            format!("proxy-authorization: basic {}", base64(&format!("{user}:{password}"))).to_lowercase();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let targets = Targets::default();
        let book = targets.clone();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (wanted, book) = (wanted.clone(), book.clone());
                tokio::spawn(async move { http(client, &wanted, &book).await });
            }
        });
        Self { addr, targets, task }
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The targets that were let through, in order.
    pub fn asked_for(&self) -> Vec<String> {
        self.targets.lock().unwrap().clone()
    }
}

async fn http(mut client: TcpStream, wanted: &str, book: &Targets) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.ok().filter(|_| head.len() < 8192)?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut first = head.lines().next()?.split(' ');
    if first.next() != Some("CONNECT") {
        let _ = client.write_all(b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n").await;
        return None;
    }
    let target = first.next()?.to_owned();
    if !head.lines().any(|line| line.to_lowercase() == wanted) {
        let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"x\"\r\ncontent-length: 0\r\n\r\n";
        let _ = client.write_all(refusal.as_bytes()).await;
        return None;
    }
    let mut server = TcpStream::connect(target.as_str()).await.ok()?;
    book.lock().unwrap().push(target);
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.ok()?;
    let _ = copy_bidirectional(&mut client, &mut server).await;
    Some(())
}

/// RFC 1928 with RFC 1929, CONNECT alone.
pub struct SocksProxy {
    addr: SocketAddr,
    targets: Targets,
    task: JoinHandle<()>,
}

impl SocksProxy {
    pub async fn start(user: &'static str, password: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let targets = Targets::default();
        let book = targets.clone();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let book = book.clone();
                tokio::spawn(async move { socks(client, user, password, &book).await });
            }
        });
        Self { addr, targets, task }
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The targets that were let through, in order, names as names.
    pub fn asked_for(&self) -> Vec<String> {
        self.targets.lock().unwrap().clone()
    }
}

async fn take(stream: &mut TcpStream, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await.ok()?;
    Some(bytes)
}

async fn counted(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let length = stream.read_u8().await.ok()?;
    take(stream, length.into()).await
}

async fn socks(mut client: TcpStream, user: &str, password: &str, book: &Targets) -> Option<()> {
    if client.read_u8().await.ok()? != 5 {
        return None;
    }
    let offers = counted(&mut client).await?;
    if !offers.contains(&2) {
        let _ = client.write_all(&[5, 0xff]).await;
        return None;
    }
    client.write_all(&[5, 2]).await.ok()?;
    client.read_u8().await.ok().filter(|version| *version == 1)?;
    let (given_user, given_password) = (counted(&mut client).await?, counted(&mut client).await?);
    let right = given_user == user.as_bytes() && given_password == password.as_bytes();
    client.write_all(&[1, u8::from(!right)]).await.ok()?;
    if !right {
        return None;
    }
    let head = take(&mut client, 4).await?;
    if head[..3] != [5, 1, 0] {
        let _ = client.write_all(&[5, 7, 0, 1, 0, 0, 0, 0, 0, 0]).await;
        return None;
    }
    let host = match head[3] {
        1 => take(&mut client, 4).await?.iter().map(u8::to_string).collect::<Vec<_>>().join("."),
        3 => String::from_utf8(counted(&mut client).await?).ok()?,
        4 => {
            let bytes: [u8; 16] = take(&mut client, 16).await?.try_into().ok()?;
            format!("[{}]", std::net::Ipv6Addr::from(bytes))
        }
        _ => return None,
    };
    let target = format!("{host}:{}", client.read_u16().await.ok()?);
    let Ok(mut server) = TcpStream::connect(target.as_str()).await else {
        let _ = client.write_all(&[5, 5, 0, 1, 0, 0, 0, 0, 0, 0]).await;
        return None;
    };
    book.lock().unwrap().push(target);
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.ok()?;
    let _ = copy_bidirectional(&mut client, &mut server).await;
    Some(())
}

fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in text.as_bytes().chunks(3) {
        let bits =
            three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place)) as usize & 63];
            out.push(if place > three.len() { '=' } else { char::from(letter) });
        }
    }
    out
}

impl Drop for HttpProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Drop for SocksProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}
