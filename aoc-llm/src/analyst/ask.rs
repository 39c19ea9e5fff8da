//! The analyst: question, plan, facts, sentences.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use aoc_core::{EventIndex, EventLog, Filter, LlmProvider, Result, query::Facet};

use super::{
    Answer, Claim, Intent, Language, Order, Plan, Question, Told, Vocabulary,
    consult::{Matter, Use},
    facts::{self, Facts},
    plan_in, prompt, propose,
    say::{OnText, Speech, sentence},
    tell::Teller,
};
use crate::Budget;

/// How long the names of the store are kept.
const KEPT: Duration = Duration::from_secs(60);
/// How many names of each kind are known.
const NAMES: usize = 300;
/// How many services that there are not are noted.
const MOST_NOTED: usize = 5;

/// So many claims of a model need no overview beside them: an answer with a model says no less than one without.
const ENOUGH: usize = 3;

/// Answers questions about stored events, with a language model or without.
///
/// Whatever a model says is checked against the store before anybody reads it; see [`Answer`].
pub struct Analyst {
    pub(super) index: Arc<dyn EventIndex>,
    pub(super) log: Arc<dyn EventLog>,
    pub(super) model: Option<Arc<dyn LlmProvider>>,
    pub(super) budget: Option<Arc<Budget>>,
    pub(super) options: Options,
    known: Mutex<Option<(Instant, Arc<Vocabulary>)>>,
}

/// How an analyst works.
#[derive(Clone, Copy)]
pub struct Options {
    /// How many events are looked at one by one, and told a model; 1 to 500.
    pub max_events: usize,
    /// What a model is told of people, devices and addresses.
    pub names: Names,
    /// Who reads the question.
    pub planning: Planning,
    /// The language of questions.
    pub language: &'static Language,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_events: 60, names: Names::Real, planning: Planning::Words, language: Language::ENGLISH }
    }
}

/// What a model is told of people, devices and addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// Their names.
    #[default]
    Real,
    /// Names made for this one request. The answer has the real ones again.
    Pseudonyms,
}

/// Who reads the question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Planning {
    /// The tables of the language.
    #[default]
    Words,
    /// A model proposes a plan; where that is no good, or names are to be pseudonyms, the tables of the language.
    Model,
}

impl Analyst {
    /// An analyst of this store, without a model.
    pub fn new(index: Arc<dyn EventIndex>, log: Arc<dyn EventLog>) -> Self {
        let (options, known) = (Options::default(), Mutex::default());
        Self { index, log, model: None, budget: None, options, known }
    }

    /// With a language model.
    #[must_use]
    pub fn model(mut self, model: Arc<dyn LlmProvider>) -> Self {
        self.model = Some(model);
        self
    }

    /// With a limit for what the model uses.
    #[must_use]
    pub fn budget(mut self, budget: Arc<Budget>) -> Self {
        self.budget = Some(budget);
        self
    }

    /// With other options.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.options = Options { max_events: options.max_events.clamp(1, 500), ..options };
        self
    }

    /// Answers a question.
    ///
    /// # Errors
    /// [`Invalid`](aoc_core::ErrorKind::Invalid) for a plan or filter that makes no sense; errors of the index. A model's
    /// errors are none of these: they are told in [`Answer::llm_error`].
    pub async fn ask(&self, question: &Question) -> Result<Answer> {
        self.ask_streaming(question, &|_| {}).await
    }

    /// The same; the answer goes to `on_text` as it is made, a sentence at a time. The pieces are the answer's text.
    ///
    /// The first piece is made of what the index counts, before a model is asked anything but a plan.
    ///
    /// # Errors
    /// As for [`ask`](Self::ask).
    pub async fn ask_streaming(&self, question: &Question, on_text: OnText<'_>) -> Result<Answer> {
        question.ui.check()?;
        let mut use_of_model = Use::within(question.patience);
        let plan = self.plan(question, &mut use_of_model).await?;
        let facts = facts::gather(&*self.index, &plan, self.options.max_events).await?;
        let teller = Teller { plan: &plan, facts: &facts, offset: question.offset };
        let speech = Speech::new(on_text);
        // Whoever reads a number should know first that it may be no answer.
        plan.notes.iter().filter(|note| *note == Plan::NOTHING).for_each(|note| speech.say(note_of(note)));
        speech.say(teller.headline());
        teller.core().into_iter().for_each(|claim| speech.say(claim));
        if facts.counts.total > 0 {
            let matter = Matter {
                question: &question.text,
                now: question.now,
                offset: question.offset,
                events: &facts.events,
                counts: &facts.counts,
                left_out: facts.left_out,
                caller: &question.caller,
            };
            self.consult(&matter, &speech, &mut use_of_model).await;
        }
        if use_of_model.kept < ENOUGH.min(facts.events.len()) {
            teller.overview().into_iter().for_each(|claim| speech.say(claim));
        }
        teller.notes().into_iter().for_each(|note| speech.say(note));
        let told = told(&facts, &plan);
        Ok(answer(speech, told, use_of_model, plan, facts))
    }

    /// How a question is read: by its own plan, a model or the language, within the filters of the page.
    async fn plan(&self, question: &Question, used: &mut Use) -> Result<Plan> {
        let plan = match &question.plan {
            Some(plan) => plan.clone(),
            None => self.read(question, used).await?,
        };
        let mut plan = plan.under(&question.ui);
        let known = self.known().await?;
        let is_none = |service: &&String| {
            !known.services.is_empty() && known.service(&aoc_core::fold(service)).is_none()
        };
        for service in question.ui.service.iter().filter(is_none).take(MOST_NOTED) {
            plan.notes.push(format!(
                "No stored event is known of a service {}.",
                prompt::clean::value(service, 60)
            ));
        }
        plan.notes.truncate(Plan::MOST_NOTES.0);
        plan.check().map_err(|error| error.at("plan"))?;
        Ok(plan)
    }

    async fn read(&self, question: &Question, used: &mut Use) -> Result<Plan> {
        let known = self.known().await?;
        let own = || plan_in(self.options.language, &question.text, question.now, question.offset, &known);
        // The question is told as it is where a model reads it.
        let is_read_by_model = self.options.planning == Planning::Model && self.options.names == Names::Real;
        let model = self.model.as_ref().filter(|_| is_read_by_model);
        let Some(model) = model else { return Ok(own()) };
        if !self.allows(&question.caller) {
            return Ok(own());
        }
        let budget = self.budget.as_deref();
        let (proposed, usage) = propose::propose((&**model, used.until), budget, question, &known).await;
        used.add(usage);
        let note = match proposed {
            Ok(mut plan) => {
                // The language reads times exactly; a model may only say what it does not.
                let read = own().range;
                if !read.words.is_empty() {
                    plan.range = read;
                }
                plan.notes.push("A language model read the question; check the plan.".to_owned());
                return Ok(plan);
            }
            Err(error) => match error.kind() {
                aoc_core::ErrorKind::Rejected => "The language model's plan was no good",
                kind => sentence(kind),
            },
        };
        let mut plan = own();
        plan.notes.insert(0, format!("{note}; the question was read without it."));
        plan.notes.truncate(Plan::MOST_NOTES.0);
        Ok(plan)
    }

    /// Names that occur in the store.
    async fn known(&self) -> Result<Arc<Vocabulary>> {
        let kept = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, known)) = kept.filter(|(at, _)| at.elapsed() < KEPT) {
            return Ok(known);
        }
        let facets = [Facet::Service, Facet::Operation, Facet::Actor];
        let counted = self.index.facets(&Filter::default(), &facets, NAMES).await?;
        let mut lists = counted.into_iter().map(|list| list.into_iter().map(|one| one.value).collect());
        let mut list = || lists.next().unwrap_or_default();
        let known = Arc::new(Vocabulary { services: list(), operations: list(), actors: list() });
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), known.clone()));
        Ok(known)
    }
}

fn note_of(note: &str) -> Claim {
    Claim::stored(format!("Note: {note}"), Vec::new())
}

/// The events that were looked at, in the order that the plan asks for.
fn told(facts: &Facts, plan: &Plan) -> Vec<Told> {
    let is_oldest_first = plan.order == Order::Oldest || plan.intent == Intent::First;
    let told = facts.events.iter().map(Told::of);
    if is_oldest_first { told.collect() } else { told.rev().collect() }
}

fn answer(speech: Speech<'_>, events: Vec<Told>, used: Use, plan: Plan, facts: Facts) -> Answer {
    let (answer, claims): (String, Vec<Claim>) = speech.end();
    let Facts { counts, left_out, .. } = facts;
    let Use { kept, error, usage, .. } = used;
    Answer { answer, claims, events, plan, counts, left_out, llm_used: kept > 0, llm_error: error, usage }
}
