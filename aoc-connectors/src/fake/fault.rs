//! Faults: which requests go wrong, how often, and how.

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use aoc_core::testkit::random::Random;

use super::{
    clock::{lock, ticks_of},
    reply::{Reply, Seen},
};

type Condition = Arc<dyn Fn(&Seen) -> bool + Send + Sync>;
type Make = Arc<dyn Fn(&Seen) -> Reply + Send + Sync>;
type Edit = Arc<dyn Fn(&Seen, &mut Reply) + Send + Sync>;

/// Something that goes wrong: with which requests, how often, and how. Without conditions it is the next request;
/// several faults may meet one request, in the order in which they were scripted.
///
/// ```
/// use aoc_connectors::fake::{Fault, Reply, RetryAfter};
///
/// let throttled = Fault::throttled(RetryAfter::Seconds(2)).path("directoryAudits").times(3);
/// let third_is_lost = Fault::drop_connection().method("GET").nth(3);
/// let odd = Fault::answer(Reply::text(200, "text/html", "<html>Maintenance</html>")).chance(50, 7).always();
/// ```
#[derive(Clone)]
pub struct Fault {
    conditions: Vec<Condition>,
    skip: u32,
    times: Option<u32>,
    chance: Option<(u16, u64)>,
    lasting: Option<Duration>,
    lasting_really: Option<Duration>,
    act: Act,
}

/// What happens to a request.
#[derive(Clone)]
pub(super) enum Act {
    Answer(Make),
    Edit(Edit),
    Delay(Duration),
    Cut(usize),
    StallAfter(usize),
    Stall,
    Drop,
}

impl Fault {
    /// Answers so, and does nothing else.
    pub fn answer(reply: Reply) -> Self {
        Self::answer_with(move |_| reply.clone())
    }

    /// Answers what the function says, and does nothing else.
    pub fn answer_with(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::new(Act::Answer(Arc::new(answer)))
    }

    /// Changes the right answer.
    pub fn edit(edit: impl Fn(&Seen, &mut Reply) + Send + Sync + 'static) -> Self {
        Self::new(Act::Edit(Arc::new(edit)))
    }

    /// Answers rightly, but late.
    pub fn delay(by: Duration) -> Self {
        Self::new(Act::Delay(by))
    }

    /// Breaks off the connection after so many bytes of the right body.
    pub fn cut(after: usize) -> Self {
        Self::new(Act::Cut(after))
    }

    /// Sends so many bytes of the right body, then nothing more; the connection stays open.
    pub fn stall_after(bytes: usize) -> Self {
        Self::new(Act::StallAfter(bytes))
    }

    /// Never answers.
    pub fn stall() -> Self {
        Self::new(Act::Stall)
    }

    /// Closes the connection without an answer.
    pub fn drop_connection() -> Self {
        Self::new(Act::Drop)
    }

    fn new(act: Act) -> Self {
        Self {
            conditions: Vec::new(),
            skip: 0,
            times: Some(1),
            chance: None,
            lasting: None,
            lasting_really: None,
            act,
        }
    }

    /// Only requests of which this is true.
    #[must_use]
    pub fn when(mut self, condition: impl Fn(&Seen) -> bool + Send + Sync + 'static) -> Self {
        self.conditions.push(Arc::new(condition));
        self
    }

    /// Only paths that contain this.
    #[must_use]
    pub fn path(self, part: impl Into<String>) -> Self {
        let part = part.into();
        self.when(move |seen| seen.path.contains(&part))
    }

    /// Only queries that contain this, as they are sent.
    #[must_use]
    pub fn query(self, part: impl Into<String>) -> Self {
        let part = part.into();
        self.when(move |seen| seen.query.contains(&part))
    }

    /// Only this method.
    #[must_use]
    pub fn method(self, method: impl Into<String>) -> Self {
        let method = method.into();
        self.when(move |seen| seen.method == method)
    }

    /// Only requests about the tenant with this id.
    #[must_use]
    pub fn tenant(self, id: impl Into<String>) -> Self {
        let id = id.into();
        self.when(move |seen| seen.tenant == id)
    }

    /// Only requests about this content type of Management Activity: subscriptions, listings, and blobs whose content
    /// id the fake made.
    #[must_use]
    pub fn content_type(self, name: impl Into<String>) -> Self {
        let name = name.into();
        let in_path = format!("${}", name.replace('.', "_"));
        self.when(move |seen| {
            seen.param("contentType").is_some_and(|asked| asked == name) || seen.path.ends_with(&in_path)
        })
    }

    /// Only the blob with this content id.
    #[must_use]
    pub fn blob(self, content_id: impl Into<String>) -> Self {
        let end = format!("/audit/{}", content_id.into());
        self.when(move |seen| seen.path.ends_with(&end))
    }

    /// Only from the nth request on that fits, counted from 1.
    #[must_use]
    pub fn nth(mut self, n: u32) -> Self {
        self.skip = n.saturating_sub(1);
        self
    }

    /// So many times; without, once.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Every time.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.times = None;
        self
    }

    /// So many times in a thousand, by chance, the same for the same seed, and without end.
    #[must_use]
    pub fn chance(mut self, per_mille: u16, seed: u64) -> Self {
        self.chance = Some((per_mille, seed));
        self.always()
    }

    /// Every time for so long after it was scripted, by the fake's clock.
    #[must_use]
    pub fn lasting(mut self, duration: Duration) -> Self {
        self.lasting = Some(duration);
        self.always()
    }

    /// Every time for so long after it was scripted, by the clock on the wall.
    #[must_use]
    pub fn lasting_really(mut self, duration: Duration) -> Self {
        self.lasting_really = Some(duration);
        self.always()
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault").field("skip", &self.skip).field("times", &self.times).finish_non_exhaustive()
    }
}

/// A fault that was scripted.
#[derive(Clone, Debug)]
pub struct Scripted {
    script: Arc<Script>,
}

impl Scripted {
    /// How often it has happened.
    pub fn hits(&self) -> u32 {
        self.script.hits.load(Ordering::SeqCst)
    }

    /// Ends it.
    pub fn end(&self) {
        self.script.ended.store(true, Ordering::SeqCst);
    }
}

/// A fault at work.
#[derive(Debug)]
pub(super) struct Script {
    fault: Fault,
    /// How many requests have fitted; and the chance.
    state: Mutex<(u32, Random)>,
    since: i64,
    really_since: Instant,
    hits: AtomicU32,
    ended: AtomicBool,
}

impl Script {
    pub(super) fn new(fault: Fault, now: i64) -> Self {
        let seed = fault.chance.map_or(0, |(_, seed)| seed);
        Self {
            fault,
            state: Mutex::new((0, Random::new(seed))),
            since: now,
            really_since: Instant::now(),
            hits: AtomicU32::new(0),
            ended: AtomicBool::new(false),
        }
    }

    pub(super) fn scripted(self: &Arc<Self>) -> Scripted {
        Scripted { script: self.clone() }
    }

    pub(super) fn is_over(&self, now: i64) -> bool {
        let fault = &self.fault;
        self.ended.load(Ordering::SeqCst)
            || fault.lasting.is_some_and(|lasting| now - self.since >= ticks_of(lasting))
            || fault.lasting_really.is_some_and(|lasting| self.really_since.elapsed() >= lasting)
            || fault.times.is_some_and(|times| self.hits.load(Ordering::SeqCst) >= times)
    }

    /// What happens to this request.
    pub(super) fn meets(&self, seen: &Seen, now: i64) -> Option<Act> {
        if self.is_over(now) || !self.fault.conditions.iter().all(|condition| condition(seen)) {
            return None;
        }
        let mut state = lock(&self.state);
        state.0 += 1;
        if state.0 <= self.fault.skip || self.is_over(now) {
            return None;
        }
        if self.fault.chance.is_some_and(|(per_mille, _)| !state.1.per_mille(usize::from(per_mille))) {
            return None;
        }
        self.hits.fetch_add(1, Ordering::SeqCst);
        Some(self.fault.act.clone())
    }
}
