//! Keeps the judge of `serve` in step: with files, with the resources of the cluster, and with the calendar.
//!
//! One task owns who is in office. Whatever changes, a new judge is made beside the one in office and takes its place as
//! a whole, or not at all. Reading and compiling happen on a thread of their own, so that nobody waits for them.

mod listed;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::config::Date;
use crate::judge::Judge;
use crate::office::{Assembly, Event, Key, Kind, Office, Outcome};
use crate::server::{Judges, Metrics};

pub(super) use listed::Listed;

use super::input;
use super::policy_files::{Look, PolicyFiles, placed};

/// How often files and the calendar are looked at: an exception may hold this long after its last day.
const TURN: Duration = Duration::from_secs(2);

/// So many events wait at most; the watches wait then.
const EVENTS: usize = 64;

/// Changes of resources are taken together until nothing came for this long.
const QUIET: Duration = Duration::from_millis(200);

/// Not even a stream of changes without end holds the first one back for longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// What keeps the judge in step.
pub(super) struct Reload {
    pub(super) judges: Arc<Judges>,
    pub(super) metrics: Metrics,
    /// What the cluster brings; nothing where none is watched.
    events: mpsc::Receiver<Event>,
    /// What became of resources, for whoever writes their status.
    outcomes: watch::Sender<Arc<[Outcome]>>,
    /// Who looks for a judge at what it needs to know.
    pub(super) follower: Box<dyn Follower>,
    /// Which kinds of resources were listed and are in office.
    listed: Arc<Listed>,
    state: Arc<Mutex<State>>,
}

/// How the task hears of the resources of the cluster, and what it says of them.
pub(super) struct Wires {
    events: mpsc::Receiver<Event>,
    outcomes: watch::Sender<Arc<[Outcome]>>,
    listed: Arc<Listed>,
}

/// The other ends of [`Wires`], for whoever watches the cluster.
#[cfg_attr(
    not(feature = "cluster"),
    allow(dead_code, reason = "nobody watches a cluster")
)]
pub(super) struct Ends {
    /// Where events go.
    pub(super) events: mpsc::Sender<Event>,
    /// What became of resources.
    pub(super) outcomes: watch::Receiver<Arc<[Outcome]>>,
    /// Whether the first resources are in office.
    pub(super) listed: Arc<Listed>,
}

impl Wires {
    pub(super) fn new() -> (Self, Ends) {
        let (sender, events) = mpsc::channel(EVENTS);
        let outcomes = watch::Sender::new(Arc::default());
        let listed = Arc::default();
        let ends = Ends {
            events: sender,
            outcomes: outcomes.subscribe(),
            listed: Arc::clone(&listed),
        };
        let wires = Self {
            events,
            outcomes,
            listed,
        };
        (wires, ends)
    }
}

/// Looks for judges at what they need to know of the cluster.
pub(super) trait Follower: Send + Sync {
    /// Looks at what a judge needs; done when it may take office. What the one before needs is still looked at.
    fn prepare(&self, judge: &Judge) -> Prepared;

    /// The judge is in office: nothing else needs to be looked at.
    fn settle(&self, judge: &Judge);
}

/// What [`Follower::prepare`] gives.
pub(super) type Prepared = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Nothing is known of any cluster.
impl Follower for () {
    fn prepare(&self, _: &Judge) -> Prepared {
        Box::pin(std::future::ready(()))
    }

    fn settle(&self, _: &Judge) {}
}

/// What a turn works on.
struct State {
    office: Office,
    files: PolicyFiles,
    /// The day that never ends, for tests of policies.
    fixed_day: Option<Date>,
    /// The day of the judge in office.
    day: Date,
    /// Why the newest files are not in office, where resources keep them out.
    kept_out: Option<String>,
    /// Whether the newest files are wrong in themselves.
    wrong: bool,
    /// Whether the policies of the cluster were listed.
    listed: bool,
    /// The names that Config and exceptions say and nothing answers to, as they were logged.
    unknown: Vec<String>,
    /// What each resource was told.
    told: BTreeMap<Key, Outcome>,
    metrics: Metrics,
}

impl Reload {
    /// `first` is what the judge in office was made with.
    pub(super) fn new(
        judges: Arc<Judges>,
        metrics: Metrics,
        (office, files): (Office, PolicyFiles),
        (fixed_day, day): (Option<Date>, Date),
        wires: Wires,
    ) -> Self {
        metrics.office().loaded();
        let state = State {
            office,
            files,
            fixed_day,
            day,
            kept_out: None,
            wrong: false,
            listed: false,
            unknown: Vec::new(),
            told: BTreeMap::new(),
            metrics: metrics.clone(),
        };
        Self {
            judges,
            metrics,
            events: wires.events,
            outcomes: wires.outcomes,
            follower: Box::new(()),
            listed: wires.listed,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Follows files, resources and the calendar for ever.
    pub(super) async fn follow(mut self) {
        let mut turn = Instant::now() + TURN;
        let mut cluster = true;
        loop {
            let mut events = Vec::new();
            tokio::select! {
                event = self.events.recv(), if cluster => match event {
                    Some(event) => {
                        events.push(event);
                        self.gather(&mut events).await;
                    }
                    None => cluster = false,
                },
                () = sleep_until(turn) => {}
            }
            let due = Instant::now() >= turn;
            if due {
                turn = Instant::now() + TURN;
            }
            self.work(events, due).await;
        }
    }

    /// Adds what comes right after the first change.
    async fn gather(&mut self, events: &mut Vec<Event>) {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            match timeout(QUIET, self.events.recv()).await {
                Ok(Some(event)) => events.push(event),
                _ => return,
            }
        }
    }

    async fn work(&self, events: Vec<Event>, look: bool) {
        let listed: Vec<Kind> = events
            .iter()
            .filter_map(|event| match event {
                Event::Listed(kind, _) => Some(*kind),
                _ => None,
            })
            .collect();
        let state = Arc::clone(&self.state);
        let worked = tokio::task::spawn_blocking(move || {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.work(&events, look)
        });
        match worked.await {
            Ok(Some(assembly)) => {
                self.appoint(assembly).await;
                self.listed.add(&listed);
            }
            Ok(None) => {}
            Err(_) => {
                self.metrics.office().failed("resources");
                tracing::error!("making a judge failed from within; the old one stays");
            }
        }
    }

    async fn appoint(&self, assembly: Assembly) {
        let Assembly {
            judge,
            gate,
            outcomes,
            ..
        } = assembly;
        self.follower.prepare(&judge).await;
        self.metrics.policies(judge.policies().count());
        self.metrics.office().loaded();
        self.judges.replace(judge);
        self.judges.open_gate(gate);
        self.follower.settle(&self.judges.current());
        self.outcomes.send_replace(outcomes.into());
    }
}

impl State {
    /// Takes in what has changed; gives what is to be in office then, if that is something new.
    fn work(&mut self, events: &[Event], look: bool) -> Option<Assembly> {
        let mut changed = false;
        for event in events {
            changed |= self.office.take(event);
        }
        let today = self.fixed_day.unwrap_or_else(input::today);
        if look {
            changed |= self.look(today);
            changed |= today != self.day;
        }
        // A new list tells who writes statuses that the office knows of it, also where nothing is new in it.
        let listed = events
            .iter()
            .any(|event| matches!(event, Event::Listed(..)));
        let runs = events.iter().any(|event| matches!(event, Event::Runs(_)));
        if !changed && !listed {
            return None;
        }
        if let (true, Some((major, minor))) = (runs, self.office.other_version()) {
            let configured = format!("{major}.{minor}");
            tracing::warn!(
                configured,
                "Config says another `kubernetesVersion` of this cluster than its API server; Config counts"
            );
        }
        match self.office.assemble(today) {
            Ok(assembly) => {
                if today != self.day {
                    tracing::info!(day = %today, "a new day: exceptions checked");
                    self.day = today;
                }
                self.tell(&assembly);
                self.listed |= listed;
                if self.listed {
                    self.say_unknown();
                }
                Some(assembly)
            }
            Err(problems) => {
                let sources = &self.office.files().sources;
                self.metrics.office().failed("files");
                for problem in placed(&problems, sources) {
                    tracing::error!(problem, "cannot make a judge; the old one stays");
                }
                None
            }
        }
    }

    /// Says which policies are still to come. Before the first list of resources all that come from there would be.
    fn say_unknown(&mut self) {
        let problems = self.office.unknown_policies();
        let unknown = placed(&problems, &self.office.files().sources);
        for problem in &unknown {
            if !self.unknown.contains(problem) {
                tracing::warn!(
                    problem,
                    "a policy is named that is neither in a file nor in the cluster"
                );
            }
        }
        self.unknown = unknown;
    }

    /// Looks at the files. Gives whether there may be something new to put into office.
    fn look(&mut self, today: Date) -> bool {
        let wrong = match self.files.look() {
            Look::Unchanged => return false,
            Look::Wrong(problems) => problems,
            Look::Changed(files) => {
                let sources = files.sources.clone();
                match self.office.replace_files(*files, today) {
                    Ok(()) => {
                        self.wrong = false;
                        tracing::info!("Config or files of policies have changed");
                        return true;
                    }
                    Err(problems) => placed(&problems, &sources),
                }
            }
        };
        let meter = self.metrics.office();
        meter.failed("files");
        meter.files_current(false);
        self.wrong = true;
        for problem in wrong {
            tracing::error!(
                problem,
                "Config or files of policies have changed and cannot be used; the old ones stay in office"
            );
        }
        false
    }

    /// Says what is new: in the log, and in the metrics.
    fn tell(&mut self, assembly: &Assembly) {
        let meter = self.metrics.office();
        if self.kept_out != assembly.waiting {
            if let Some(reason) = &assembly.waiting {
                meter.failed("files");
                tracing::error!(
                    reason,
                    "Config or files of policies have changed and wait; the old ones stay in office"
                );
            }
            self.kept_out.clone_from(&assembly.waiting);
        }
        meter.files_current(!self.wrong && assembly.waiting.is_none());
        let counts = assembly.counts;
        for (kind, state, count) in [
            (Kind::Policy, "current", counts.current),
            (Kind::Policy, "earlier", counts.earlier),
            (Kind::Policy, "out", counts.out),
            (Kind::PolicyException, "accepted", counts.accepted),
            (Kind::PolicyException, "refused", counts.refused),
        ] {
            meter.resources(kind.as_str(), state, count);
        }
        let mut told = BTreeMap::new();
        for outcome in &assembly.outcomes {
            if self.told.get(&outcome.key) != Some(outcome) {
                say(outcome, &self.metrics);
            }
            told.insert(outcome.key.clone(), outcome.clone());
        }
        for key in self.told.keys().filter(|key| !told.contains_key(*key)) {
            let (kind, name) = (key.kind.as_str(), key.to_string());
            tracing::info!(kind, name, "a resource is gone, and with it what it did");
        }
        self.told = told;
    }
}

/// Says what became of a resource.
fn say(outcome: &Outcome, metrics: &Metrics) {
    let kind = outcome.key.kind.as_str();
    let name = outcome.key.to_string();
    let generation = outcome.identity.generation;
    let wrong: Vec<_> = outcome
        .conditions
        .iter()
        .filter(|condition| !condition.holds)
        .collect();
    if wrong.is_empty() {
        tracing::info!(kind, name, generation, "a resource is in force");
        return;
    }
    metrics.office().failed("resources");
    for condition in wrong {
        tracing::warn!(
            kind,
            name,
            generation,
            condition = condition.kind,
            reason = condition.reason.as_str(),
            message = condition.message,
            "a resource is not in force"
        );
    }
}
