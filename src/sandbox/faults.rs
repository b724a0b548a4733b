//! Faults injected by tests, for all doubles: which request fails, how, and how often, and gates that hold a
//! request. Must not know any protocol beyond a call's name, chat and parameters.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::watch;

pub use super::gate::Gate;
use super::{
    gate::Place,
    http::{Reply, Served, Shape},
};

/// What a rule may look at.
#[derive(Debug)]
pub struct Seen<'a> {
    /// The call: a Bot API method (`sendMessage`), `file` for a download, or `POST /process`,
    /// `GET /conversation`, `DELETE /conversation`, `GET /audio`, `GET /`, `GET /health`, … at the tutor.
    pub name: &'a str,
    /// The chat it concerns, where it names one.
    pub chat: Option<i64>,
    /// Its parameters; at the tutor the query's and the path's (`session_id`, `audio_type`).
    pub params: &'a Value,
}

type Predicate = Arc<dyn Fn(&Seen<'_>) -> bool + Send + Sync>;

/// Which requests a fault or gate applies to. By default the first one that matches, once.
#[derive(Clone)]
pub struct On {
    name: Option<String>,
    chat: Option<i64>,
    skip: usize,
    times: Option<usize>,
    when: Option<Predicate>,
}

impl On {
    pub fn call(name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..Self::any() }
    }

    pub fn any() -> Self {
        Self { name: None, chat: None, skip: 0, times: Some(1), when: None }
    }

    /// Only those that concern this chat.
    #[must_use]
    pub fn chat(mut self, chat: i64) -> Self {
        self.chat = Some(chat);
        self
    }

    /// Only the n-th matching call, counted from 1.
    #[must_use]
    pub fn nth(mut self, n: usize) -> Self {
        self.skip = n.saturating_sub(1);
        self.times = Some(1);
        self
    }

    /// Lets this many matching calls pass first.
    #[must_use]
    pub fn after(mut self, passed: usize) -> Self {
        self.skip = passed;
        self
    }

    /// This many calls.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = Some(times);
        self
    }

    /// Every matching call until the rule is removed.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.times = None;
        self
    }

    /// Only where the predicate holds.
    #[must_use]
    pub fn when(mut self, predicate: impl Fn(&Seen<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.when = Some(Arc::new(predicate));
        self
    }

    fn matches(&self, seen: &Seen<'_>) -> bool {
        self.name.as_deref().is_none_or(|name| name == seen.name)
            && self.chat.is_none_or(|chat| Some(chat) == seen.chat)
            && self.when.as_ref().is_none_or(|when| when(seen))
    }

    /// Counts one matching call; `true` if the rule applies to it.
    fn applies_to(&mut self, seen: &Seen<'_>) -> bool {
        if self.times == Some(0) || !self.matches(seen) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        if let Some(left) = self.times.as_mut() {
            *left -= 1;
        }
        true
    }
}

/// What goes wrong. "After" means: the request takes its full effect, only the answer suffers.
#[derive(Debug, Clone)]
pub enum Act {
    /// Answered like this, without effect.
    Answer(Reply),
    /// Takes effect, but is answered like this.
    AnswerAfter(Reply),
    /// TCP reset before the request took effect.
    Reset,
    /// TCP reset after it took effect.
    ResetAfter,
    /// Connection closed without an answer, before any effect.
    Close,
    /// Connection closed without an answer, after the effect.
    CloseAfter,
    /// Never continues, unless [`Faults::release_hung`] is called.
    Hang,
    /// Takes effect; the answer never comes, unless [`Faults::release_hung`] is called.
    HangAfter,
    /// Waits before the effect.
    Delay(Duration),
    /// Waits after the effect, before the answer.
    DelayAfter(Duration),
    /// After the effect, the true answer's `Date` is ahead of ours by this many seconds.
    ClockAhead(i64),
    /// After the effect, the true answer is sent in this shape.
    Shape(Shape),
    /// After the effect, the answer's JSON is cut in the middle (status and length are consistent).
    InvalidJson,
}

impl Act {
    /// `429` as Telegram words it.
    pub fn too_many(retry_after: u64) -> Self {
        Self::refuse(
            429,
            &format!("Too Many Requests: retry after {retry_after}"),
            Some(json!({ "retry_after": retry_after })),
        )
    }

    /// A refusal in the Bot API's form.
    pub fn refuse(code: u16, description: &str, parameters: Option<Value>) -> Self {
        let mut body = json!({ "ok": false, "error_code": code, "description": description });
        if let (Some(parameters), Some(map)) = (parameters, body.as_object_mut()) {
            map.insert("parameters".to_owned(), parameters);
        }
        Self::Answer(Reply::json(code, &body))
    }

    /// A refusal in the tutor's form, `{"detail": …}`.
    pub fn detail(code: u16, detail: &str) -> Self {
        Self::Answer(Reply::json(code, &json!({ "detail": detail })))
    }

    /// What a proxy in between answers: this status with an HTML page.
    pub fn html(code: u16) -> Self {
        let page = format!("<html><head><title>{code}</title></head><body><h1>{code}</h1></body></html>\r\n");
        Self::Answer(Reply::new(code, "text/html", page))
    }
}

/// Identifies one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultId(u64);

struct Rule {
    id: FaultId,
    on: On,
    act: Act,
    fired: Arc<AtomicUsize>,
}

struct Held {
    on: On,
    gate: Gate,
}

#[derive(Default)]
struct Rules {
    faults: Vec<Rule>,
    gates: Vec<Held>,
    /// Counts of rules that were removed or used up.
    fired: VecDeque<(FaultId, Arc<AtomicUsize>)>,
}

struct Inner {
    rules: Mutex<Rules>,
    next_id: AtomicU64,
    hung: watch::Sender<u64>,
}

/// The list of rules. Clones share it.
#[derive(Clone)]
pub struct Faults(Arc<Inner>);

impl Default for Faults {
    fn default() -> Self {
        let (hung, _) = watch::channel(0);
        Self(Arc::new(Inner { rules: Mutex::default(), next_id: AtomicU64::new(1), hung }))
    }
}

impl Faults {
    /// Adds a rule at the end of the list; for each request the first rule that applies is used.
    pub fn add(&self, on: On, act: Act) -> FaultId {
        let id = FaultId(self.0.next_id.fetch_add(1, Ordering::Relaxed));
        let fired = Arc::new(AtomicUsize::new(0));
        let mut rules = self.rules();
        rules.fired.push_back((id, fired.clone()));
        if rules.fired.len() > 4096 {
            rules.fired.pop_front();
        }
        rules.faults.push(Rule { id, on, act, fired });
        id
    }

    pub fn remove(&self, id: FaultId) {
        self.rules().faults.retain(|rule| rule.id != id);
    }

    /// Removes every fault, opens every gate and releases everything that hangs.
    pub fn clear(&self) {
        let mut rules = self.rules();
        rules.faults.clear();
        for held in rules.gates.drain(..) {
            held.gate.open();
        }
        drop(rules);
        self.release_hung();
    }

    /// How often a rule was applied.
    pub fn fired(&self, id: FaultId) -> usize {
        let rules = self.rules();
        let found = rules.fired.iter().find(|(known, _)| *known == id);
        found.map_or(0, |(_, count)| count.load(Ordering::Acquire))
    }

    /// Releases everything that hangs.
    pub fn release_hung(&self) {
        self.0.hung.send_modify(|generation| *generation += 1);
    }

    /// Holds matching requests before they take effect.
    pub fn gate(&self, on: On) -> Gate {
        self.put_gate(on, Place::Before)
    }

    /// Holds matching requests after their effect, before the answer.
    pub fn gate_after(&self, on: On) -> Gate {
        self.put_gate(on, Place::After)
    }

    fn put_gate(&self, on: On, place: Place) -> Gate {
        let gate = Gate::new(place);
        self.rules().gates.push(Held { on, gate: gate.clone() });
        gate
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.0.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decides what happens to one request. Cheap when there are no rules.
    pub(crate) fn plan(&self, seen: &Seen<'_>) -> Plan {
        let mut rules = self.rules();
        let mut plan = Plan { act: None, gates: Vec::new(), hung: self.0.hung.subscribe() };
        if rules.gates.is_empty() && rules.faults.is_empty() {
            return plan;
        }
        rules.gates.retain(|held| !held.gate.is_open());
        for held in &mut rules.gates {
            if held.on.applies_to(seen) {
                plan.gates.push(held.gate.clone());
            }
        }
        let chosen = rules.faults.iter_mut().position(|rule| rule.on.applies_to(seen));
        if let Some(rule) = chosen.and_then(|at| rules.faults.get(at)) {
            rule.fired.fetch_add(1, Ordering::AcqRel);
            plan.act = Some(rule.act.clone());
        }
        rules.faults.retain(|rule| rule.on.times != Some(0));
        plan
    }
}

pub(crate) struct Plan {
    act: Option<Act>,
    gates: Vec<Gate>,
    /// Subscribed when the decision was made, so that no release is missed.
    hung: watch::Receiver<u64>,
}

impl Plan {
    /// The part before the effect; `Some` if the request ends here, without effect.
    pub(crate) async fn enter(&mut self) -> Option<Served> {
        for gate in self.gates.iter().filter(|gate| gate.place() == Place::Before) {
            gate.pass().await;
        }
        match &self.act {
            Some(Act::Answer(reply)) => Some(Served::Reply(reply.clone())),
            Some(Act::Reset) => Some(Served::Drop { rst: true }),
            Some(Act::Close) => Some(Served::Drop { rst: false }),
            Some(Act::Hang) => {
                let _ = self.hung.changed().await;
                None
            }
            Some(Act::Delay(pause)) => {
                tokio::time::sleep(*pause).await;
                None
            }
            _ => None,
        }
    }

    /// The part after the effect: what is sent instead of `reply`.
    pub(crate) async fn leave(mut self, mut reply: Reply) -> Served {
        for gate in self.gates.iter().filter(|gate| gate.place() == Place::After) {
            gate.pass().await;
        }
        match self.act {
            Some(Act::AnswerAfter(instead)) => return Served::Reply(instead),
            Some(Act::ResetAfter) => return Served::Drop { rst: true },
            Some(Act::CloseAfter) => return Served::Drop { rst: false },
            Some(Act::HangAfter) => {
                let _ = self.hung.changed().await;
            }
            Some(Act::DelayAfter(pause)) => tokio::time::sleep(pause).await,
            Some(Act::ClockAhead(secs)) => reply.clock_ahead = secs,
            Some(Act::Shape(shape)) => reply.shape = shape,
            Some(Act::InvalidJson) => {
                let half = reply.body.len() / 2;
                reply.body = reply.body.slice(..half);
                if reply.body.is_empty() {
                    reply.body = Bytes::from_static(b"{");
                }
            }
            _ => {}
        }
        Served::Reply(reply)
    }
}
