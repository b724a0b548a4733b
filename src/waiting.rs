//! Whether the work on a row, at this moment, only waits: for another server's answer, or for its turn.
//!
//! Whoever waits long says so with [`waiting`], at the edge where it waits; whoever started the work is told. Must not know what is
//! waited for, or what is made of it.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Nobody is told of a shorter wait: to tell takes two writes to the page cache. Far less than a message takes to Telegram.
const GRACE: Duration = Duration::from_millis(10);

tokio::task_local! {
    static WORK: Work;
}

/// The work on one row. Clones are the same work.
#[derive(Clone)]
pub(crate) struct Work(Arc<Inner>);

struct Inner {
    /// Waits that are going on now; they may be nested, or beside one another.
    waits: AtomicUsize,
    tell: Mutex<Box<dyn Fn(bool) + Send>>,
}

impl Work {
    /// `tell` is called on a thread that may block: `true` when the work only waits, `false` when it goes on. The same may be
    /// said twice; the last word holds.
    pub(crate) fn new(tell: impl Fn(bool) + Send + 'static) -> Self {
        Self(Arc::new(Inner { waits: AtomicUsize::new(0), tell: Mutex::new(Box::new(tell)) }))
    }

    /// Does the work. What it spawns is no part of it.
    pub(crate) async fn run<T>(self, work: impl Future<Output = T>) -> T {
        WORK.scope(self, work).await
    }

    async fn begins_to_wait(&self) -> Wait {
        let wait = Wait(Some(self.clone()));
        if self.0.waits.fetch_add(1, Ordering::SeqCst) == 0 {
            let _ = self.told().await;
        }
        wait
    }

    /// Tells how it is when the words are said, whatever has changed since they were asked for.
    fn told(&self) -> tokio::task::JoinHandle<()> {
        let inner = self.0.clone();
        tokio::task::spawn_blocking(move || {
            let tell = inner.tell.lock().unwrap_or_else(PoisonError::into_inner);
            tell(inner.waits.load(Ordering::SeqCst) > 0);
        })
    }

    /// `None`: it waits for something else, too.
    fn ends_a_wait(&self) -> Option<tokio::task::JoinHandle<()>> {
        (self.0.waits.fetch_sub(1, Ordering::SeqCst) == 1).then(|| self.told())
    }
}

/// A wait that has been told of. Dropped, it is over, but the work does not wait until that is told.
struct Wait(Option<Work>);

impl Wait {
    async fn over(mut self) {
        if let Some(told) = self.0.take().and_then(|work| work.ends_a_wait()) {
            let _ = told.await;
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        if let Some(work) = self.0.take()
            && tokio::runtime::Handle::try_current().is_ok()
        {
            work.ends_a_wait();
        }
    }
}

/// Waits for something that is not done here. What follows begins only when it is told that the work goes on.
pub(crate) async fn waiting<T>(wait: impl Future<Output = T>) -> T {
    let Ok(work) = WORK.try_with(Work::clone) else { return wait.await };
    let mut wait = pin!(wait);
    if let Ok(done) = tokio::time::timeout(GRACE, wait.as_mut()).await {
        return done;
    }
    let told = work.begins_to_wait().await;
    let done = wait.await;
    told.over().await;
    done
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::sleep;

    const LONG: Duration = Duration::from_secs(1);

    /// What was told of this work.
    async fn told(work: impl Future<Output = ()>) -> Vec<bool> {
        let words: Arc<Mutex<Vec<bool>>> = Arc::default();
        let heard = words.clone();
        Work::new(move |waits| heard.lock().unwrap().push(waits)).run(work).await;
        let words = words.lock().unwrap();
        words.clone()
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_wait_is_told_of_before_and_after() {
        assert_eq!(told(async { waiting(sleep(LONG)).await }).await, [true, false]);
        assert_eq!(told(async { waiting(sleep(GRACE / 2)).await }).await, [false; 0]);
        assert_eq!(told(sleep(LONG)).await, [false; 0], "it does not say so");
        waiting(sleep(LONG)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn waits_within_and_beside_one_another_are_one() {
        let nested = told(async {
            waiting(async {
                waiting(sleep(LONG)).await;
                sleep(LONG).await;
            })
            .await;
        });
        assert_eq!(nested.await, [true, false]);
        let beside = told(async {
            tokio::join!(waiting(sleep(LONG)), waiting(sleep(LONG * 2)));
        });
        assert_eq!(beside.await, [true, false]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_is_given_up_is_over() {
        let given_up = told(async {
            let _ = tokio::time::timeout(LONG, waiting(std::future::pending::<()>())).await;
            // The next word is said after that of the wait that was dropped.
            waiting(sleep(LONG)).await;
        });
        let words = given_up.await;
        assert_eq!((words.first(), words.last()), (Some(&true), Some(&false)), "{words:?}");
    }
}
