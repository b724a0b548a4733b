//! A server in memory, for tests of what is above the seam: each question may meet a fault from a script.
//!
//! As the real ones it does in one step what is one step there. Must not know who asks.

use super::{
    Area, Candidate, Committed, Ended, Pairs, Remote, RemoteError, Seen, Server, Standing, Survives, Tenure,
};
use crate::store::engine::{Batch, Span};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use uuid::Uuid;

type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// What happens at one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// The question does not arrive.
    LostBefore,
    /// It is carried out, and the answer does not arrive.
    LostAfter,
    /// It is carried out here, but not at the standby server, and the connection counts as lost.
    Warned,
    /// The connection breaks, and the server carries it out two questions later.
    Late,
    /// Another daemon has taken over before it.
    Fenced,
    /// The standby server has taken over before it, with all that was acknowledged.
    FailedOver,
    /// The server has been set back to its beginning before it.
    SetBack,
    /// The owner's time is up before it.
    TimeUp,
}

impl Fault {
    pub const ALL: [Self; 9] = [
        Self::None,
        Self::LostBefore,
        Self::LostAfter,
        Self::Warned,
        Self::Late,
        Self::Fenced,
        Self::FailedOver,
        Self::SetBack,
        Self::TimeUp,
    ];
}

/// What a server holds.
#[derive(Debug, Clone, Default)]
pub struct State {
    pub records: Records,
    pub epoch: u64,
    pub height: u64,
    /// Groups that were written, in order.
    pub written: Vec<Records>,
}

type Hook = Box<dyn FnMut() + Send>;

#[derive(Default)]
pub struct Shared {
    /// What is visible, and what a failover finds.
    pub visible: State,
    pub certain: State,
    pub script: VecDeque<Fault>,
    /// Commits that arrive after so many more questions.
    late: Vec<(usize, u64, u64, Batch)>,
    pub tenure: Option<Arc<Tenure>>,
    /// Called before and after each page is read.
    pub around_page: Option<Hook>,
}

#[derive(Clone, Default)]
pub struct FakeServer(Arc<Mutex<Shared>>);

impl FakeServer {
    /// Owned under epoch 1.
    pub fn owned(tenure: &Arc<Tenure>) -> Self {
        let server = Self::default();
        let state = State { epoch: 1, ..State::default() };
        let mut shared = server.shared();
        (shared.visible, shared.certain) = (state.clone(), state);
        shared.tenure = Some(Arc::clone(tenure));
        drop(shared);
        server
    }

    pub fn shared(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap()
    }

    fn around_page(&self) {
        let hook = self.shared().around_page.take();
        if let Some(mut hook) = hook {
            hook();
            self.shared().around_page = Some(hook);
        }
    }
}

impl Shared {
    fn commit(&mut self, epoch: u64, height: u64, group: &Batch) -> Committed {
        let state = &mut self.visible;
        if state.epoch != epoch || state.height + 1 != height {
            return Committed::Refused;
        }
        state.height = height;
        let mut written = Records::new();
        for (key, value) in group.iter() {
            match value {
                Some(value) => {
                    state.records.insert(key.to_vec(), value.to_vec());
                    written.insert(key.to_vec(), value.to_vec());
                }
                None => drop(state.records.remove(key)),
            }
        }
        if !written.is_empty() {
            state.written.push(written);
        }
        Committed::Done
    }

    /// The fault of the next question, after what happens before it.
    fn next(&mut self) -> Fault {
        for late in &mut self.late {
            late.0 = late.0.saturating_sub(1);
        }
        for (left, epoch, height, group) in std::mem::take(&mut self.late) {
            match left {
                0 => drop(self.commit(epoch, height, &group)),
                left => self.late.push((left, epoch, height, group)),
            }
        }
        let fault = self.script.pop_front().unwrap_or(Fault::None);
        match fault {
            Fault::Fenced => {
                // A take-over is a commit that was acknowledged, after all that was visible.
                self.visible.epoch += 1;
                self.certain = self.visible.clone();
            }
            Fault::FailedOver => {
                self.visible = self.certain.clone();
                self.late.clear();
            }
            Fault::SetBack => {
                self.visible = State { epoch: 1, ..State::default() };
                self.certain = self.visible.clone();
                self.late.clear();
            }
            Fault::TimeUp => {
                if let Some(tenure) = &self.tenure {
                    tenure.end(Ended::NotRenewed(String::new()));
                }
            }
            _ => {}
        }
        fault
    }
}

fn lost() -> RemoteError {
    RemoteError::Lost("as the script says".to_owned())
}

/// A question that changes nothing: the answer arrives or not.
fn read<T>(fault: Fault, answer: T) -> Result<T, RemoteError> {
    match fault {
        Fault::LostBefore | Fault::LostAfter | Fault::Warned | Fault::Late => Err(lost()),
        _ => Ok(answer),
    }
}

impl Server for FakeServer {
    fn connect(&self) -> Result<Box<dyn Remote>, RemoteError> {
        Ok(Box::new(self.clone()))
    }

    fn place(&self) -> &str {
        "memory"
    }
}

impl Remote for FakeServer {
    fn get(&mut self, _: Area, key: &[u8]) -> Result<Option<Vec<u8>>, RemoteError> {
        let mut shared = self.shared();
        let fault = shared.next();
        read(fault, shared.visible.records.get(key).cloned())
    }

    fn page(&mut self, _: Area, span: &Span, backwards: bool, limit: usize) -> Result<Pairs, RemoteError> {
        self.around_page();
        let mut shared = self.shared();
        let fault = shared.next();
        let found = shared.visible.records.range(span.start.clone()..span.end.clone());
        let found = found.map(|(key, value)| (key.clone(), value.clone()));
        let page = if backwards { found.rev().take(limit).collect() } else { found.take(limit).collect() };
        drop(shared);
        self.around_page();
        read(fault, page)
    }

    fn commit(&mut self, epoch: u64, height: u64, group: &Batch) -> Result<Committed, RemoteError> {
        let mut shared = self.shared();
        match shared.next() {
            Fault::LostBefore => Err(lost()),
            Fault::Late => {
                shared.late.push((2, epoch, height, group.clone()));
                Err(lost())
            }
            fault => {
                let answer = shared.commit(epoch, height, group);
                if fault == Fault::Warned {
                    return Err(lost());
                }
                // What was acknowledged is durable, with all before it.
                shared.certain = shared.visible.clone();
                if fault == Fault::LostAfter { Err(lost()) } else { Ok(answer) }
            }
        }
    }

    fn standing(&mut self) -> Result<Standing, RemoteError> {
        let mut shared = self.shared();
        let fault = shared.next();
        let State { epoch, height, .. } = shared.visible;
        read(fault, Standing { id: Uuid::nil(), epoch, height, ..Standing::default() })
    }

    fn present(&mut self, _: &Candidate) -> Result<Standing, RemoteError> {
        self.standing()
    }

    fn take_over(&mut self, _: &Candidate, _: Duration) -> Result<(bool, Standing), RemoteError> {
        self.shared().visible.epoch += 1;
        Ok((true, self.standing()?))
    }

    fn renew(&mut self, epoch: u64, _: Duration) -> Result<bool, RemoteError> {
        let mut shared = self.shared();
        let fault = shared.next();
        read(fault, shared.visible.epoch == epoch)
    }

    fn release(&mut self, _: u64) -> Result<(), RemoteError> {
        Ok(())
    }

    fn candidates(&mut self) -> Result<Vec<Seen>, RemoteError> {
        Ok(Vec::new())
    }

    fn begin_next(&mut self) -> Result<(), RemoteError> {
        Err(lost())
    }

    fn fill_next(&mut self, _: &Batch) -> Result<(), RemoteError> {
        Err(lost())
    }

    fn exchange(&mut self, _: u64, _: u64, _: bool) -> Result<Committed, RemoteError> {
        Err(lost())
    }

    fn set_moved(&mut self, _: u64, _: u64, _: &str) -> Result<Committed, RemoteError> {
        Err(lost())
    }

    fn survives(&mut self) -> Result<Survives, RemoteError> {
        Ok(Survives::TwoMachines)
    }

    fn version(&mut self) -> Result<String, RemoteError> {
        Ok("memory".to_owned())
    }
}
