//! A link that can break: a TCP proxy on the loopback that forwards, cuts, refuses or holds back what passes.
//!
//! It runs on threads of its own, so that tests and benches of every kind can use it.

use super::free_port;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Forward,
    /// Nothing gets through, and nobody is told: a cable is out.
    Frozen,
    /// Nobody listens.
    Refusing,
    /// The proxy is gone.
    Ended,
}

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the client to the server.
    There,
    /// From the server to the client.
    Back,
}

struct State {
    mode: Mode,
    listens: bool,
    target: SocketAddr,
    /// Both ends of what is connected, by number.
    open: Vec<(u64, TcpStream)>,
    connections: u64,
    passed: [u64; 2],
    /// Cut when so many more bytes have gone this way.
    cut_after: Option<(Way, u64)>,
}

impl State {
    /// Closes every connection.
    fn cut(&mut self) {
        self.cut_after = None;
        for (_, end) in self.open.drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while(&self, mut held: impl FnMut(&State) -> bool) -> MutexGuard<'_, State> {
        let waited = self.changed.wait_while(self.state(), |state| held(state));
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_all();
    }
}

/// A proxy to one server. Dropping it cuts everything.
pub struct Proxy {
    shared: Arc<Shared>,
    addr: SocketAddr,
}

impl Proxy {
    /// One that forwards.
    pub fn to(target: SocketAddr) -> Self {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let state = State {
            mode: Mode::Forward,
            listens: false,
            target,
            open: Vec::new(),
            connections: 0,
            passed: [0; 2],
            cut_after: None,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let listening = shared.clone();
        std::thread::spawn(move || listen(&listening, addr));
        drop(shared.wait_while(|state| !state.listens));
        Self { shared, addr }
    }

    /// Where clients connect to.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where new connections lead from now on.
    pub fn point_to(&self, target: SocketAddr) {
        self.shared.change(|state| state.target = target);
    }

    /// Cuts every connection; new ones are welcome.
    pub fn cut(&self) {
        self.shared.change(State::cut);
    }

    /// Cuts every connection as soon as so many more bytes have gone one way, wherever in a message that is.
    pub fn cut_after(&self, way: Way, bytes: u64) {
        self.shared.change(|state| state.cut_after = Some((way, bytes)));
    }

    /// Whether [`Self::cut_after`] is still to come.
    pub fn will_cut(&self) -> bool {
        self.shared.state().cut_after.is_some()
    }

    /// Cuts every connection and refuses new ones, as a machine does where no server runs.
    pub fn refuse(&self) {
        self.shared.change(|state| {
            state.mode = Mode::Refusing;
            state.cut();
        });
        self.wake_the_listener();
        drop(self.shared.wait_while(|state| state.listens));
    }

    /// Lets nothing through, and says nothing: connections stay, new ones are taken, and what was sent arrives after
    /// [`Self::heal`], as a network that is back delivers what was repeated meanwhile.
    pub fn freeze(&self) {
        self.shared.change(|state| state.mode = Mode::Frozen);
    }

    /// Forwards again.
    pub fn heal(&self) {
        self.shared.change(|state| state.mode = Mode::Forward);
        drop(self.shared.wait_while(|state| !state.listens));
    }

    /// Bytes that have gone one way so far.
    pub fn passed(&self, way: Way) -> u64 {
        self.shared.state().passed[way as usize]
    }

    /// Connections taken so far.
    pub fn connections(&self) -> u64 {
        self.shared.state().connections
    }

    fn wake_the_listener(&self) {
        let _ = TcpStream::connect(self.addr);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.change(|state| {
            state.mode = Mode::Ended;
            state.cut();
        });
        self.wake_the_listener();
    }
}

fn listen(shared: &Arc<Shared>, addr: SocketAddr) {
    loop {
        if shared.wait_while(|state| state.mode == Mode::Refusing).mode == Mode::Ended {
            return;
        }
        let Ok(listener) = TcpListener::bind(addr) else {
            std::thread::yield_now();
            continue;
        };
        shared.change(|state| state.listens = true);
        while let Ok((client, _)) = listener.accept() {
            if matches!(shared.state().mode, Mode::Refusing | Mode::Ended) {
                break;
            }
            let shared = shared.clone();
            std::thread::spawn(move || connection(&shared, client));
        }
        // A process that another test starts right now has our listener until it runs its program: to close it is not enough.
        let _ = TcpStream::from(OwnedFd::from(listener)).shutdown(Shutdown::Both);
        shared.change(|state| state.listens = false);
    }
}

/// One connection to its end.
fn connection(shared: &Arc<Shared>, client: TcpStream) {
    let number = {
        let mut state = shared.state();
        state.connections += 1;
        let number = state.connections;
        let Ok(end) = client.try_clone() else { return };
        state.open.push((number, end));
        number
    };
    let target = {
        let state = shared.wait_while(|state| state.mode == Mode::Frozen && is_open(state, number));
        if !is_open(&state, number) {
            return;
        }
        state.target
    };
    let server = TcpStream::connect(target);
    let ends =
        server.and_then(|server| Ok((server.try_clone()?, server.try_clone()?, server, client.try_clone()?)));
    if let Ok((kept, server_in, server_out, client_in)) = ends {
        let is_wanted = {
            let mut state = shared.state();
            let is_wanted = is_open(&state, number);
            if is_wanted {
                state.open.push((number, kept));
            }
            is_wanted
        };
        if is_wanted {
            let _ = server_out.set_nodelay(true).and(client.set_nodelay(true));
            let there = shared.clone();
            let other = std::thread::spawn(move || pump(&there, number, Way::There, client_in, server_out));
            pump(shared, number, Way::Back, server_in, client);
            let _ = other.join();
        }
    }
    shared.change(|state| {
        for (_, end) in state.open.extract_if(.., |(of, _)| *of == number) {
            let _ = end.shutdown(Shutdown::Both);
        }
    });
}

fn is_open(state: &State, number: u64) -> bool {
    state.open.iter().any(|(of, _)| *of == number)
}

/// Forwards one way until the source ends or the connection is cut.
fn pump(shared: &Shared, number: u64, way: Way, mut from: TcpStream, mut to: TcpStream) {
    let mut piece = [0; 16 * 1024];
    loop {
        let read = from.read(&mut piece).unwrap_or(0);
        let (pass, cut) = {
            let mut state = shared.wait_while(|state| state.mode == Mode::Frozen && is_open(state, number));
            if !is_open(&state, number) {
                return;
            }
            let left = state.cut_after.filter(|(of, _)| *of == way).map(|(_, left)| left);
            let room = left.map_or(read, |left| read.min(usize::try_from(left).unwrap_or(read)));
            state.passed[way as usize] += room as u64;
            if let Some(left) = left {
                state.cut_after = Some((way, left - room as u64));
            }
            (room, left.is_some_and(|left| left <= read as u64))
        };
        let sent = to.write_all(&piece[..pass]);
        if cut {
            shared.change(State::cut);
        }
        if read == 0 || sent.is_err() || cut {
            break;
        }
    }
    // None of those who use it half-close: who has ended is gone, and the other side is to know.
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
