//! The shape of the answer: what kind, told apart by what, how many, which first.

use super::{
    language::{Ask, Language, Role},
    plan::{Group, Intent, Order, Plan},
    words::Words,
};

/// What an answer looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) intent: Intent,
    pub(super) group_by: Option<Group>,
    pub(super) limit: usize,
    pub(super) order: Order,
    /// Whether any word said so.
    pub(super) is_said: bool,
}

impl Shape {
    /// Reads the words that are not taken; `has_actor` when somebody is named who acts.
    pub(super) fn read(words: &Words, language: &Language, has_actor: bool) -> Self {
        let reader = Reader { words, language };
        let (intent, group_by, is_said) = reader.intent(has_actor);
        let limit = reader.number().unwrap_or(match intent {
            Intent::First | Intent::Last => 1,
            _ => Plan::LIMIT,
        });
        let order = match intent {
            Intent::First | Intent::When => Order::Oldest,
            _ => Order::Newest,
        };
        Self { intent, group_by, limit, order, is_said }
    }
}

struct Reader<'a> {
    words: &'a Words,
    language: &'a Language,
}

impl Reader<'_> {
    fn intent(&self, has_actor: bool) -> (Intent, Option<Group>, bool) {
        let said: Vec<(usize, Intent)> =
            self.words.all(self.language.intents).into_iter().map(|(at, intent)| (at.end, intent)).collect();
        let place = |wanted: Intent| said.iter().find(|(_, intent)| *intent == wanted).map(|(end, _)| *end);
        let is_top = self.number_behind_which().is_some();
        if let Some((end, group)) = self.group(Ask::Which) {
            return match group {
                Group::Actor if is_top => (Intent::Who, Some(Group::Actor), true),
                Group::Actor if has_actor || self.suffers(end) => (Intent::Which, Some(Group::Target), true),
                group => (Intent::Which, Some(group), true),
            };
        }
        if place(Intent::Count).is_some() {
            let group = self.group(Ask::Per).or_else(|| self.group(Ask::By));
            return (Intent::Count, group.map(|(_, group)| group), true);
        }
        if let Some((_, group)) = self.group(Ask::Per) {
            return (Intent::Count, Some(group), true);
        }
        if let Some(intent) =
            [Intent::First, Intent::Last].into_iter().find(|intent| place(*intent).is_some())
        {
            return (intent, None, true);
        }
        if let Some(end) = place(Intent::Who) {
            return match has_actor || self.suffers(end) {
                true => (Intent::Which, Some(Group::Target), true),
                false => (Intent::Who, Some(Group::Actor), true),
            };
        }
        let intent = if place(Intent::When).is_some() { Intent::When } else { Intent::List };
        (intent, None, !said.is_empty())
    }

    /// The group that is asked for, and where its words end.
    fn group(&self, wanted: Ask) -> Option<(usize, Group)> {
        let asks = self.words.all(self.language.asks);
        asks.into_iter().filter(|(_, ask)| *ask == wanted).find_map(|(at, _)| {
            let near = at.end..at.end + if wanted == Ask::Which { 4 } else { 1 };
            let first = at.end;
            near.take_while(|place| *place == first || self.is_between(place - 1, first)).find_map(|place| {
                let (count, group) = self.words.longest(self.language.groups, place)?;
                // `which deleted users`: they are whom it was done to.
                let is_done =
                    wanted == Ask::Which && self.words.longest(self.language.verbs, first).is_some();
                Some((place + count, if is_done && group == Group::Actor { Group::Target } else { group }))
            })
        })
    }

    /// Whether a word may stand between `which` and what is asked for: no name, and a deed right behind only.
    fn is_between(&self, at: usize, first: usize) -> bool {
        let role = self.words.longest(self.language.roles, at).map(|(_, role)| role);
        let is_role = role.is_some_and(|role| role != Role::Owner);
        let is_deed = at != first && self.words.longest(self.language.verbs, at).is_some();
        !is_role && !is_deed && self.words.list.get(at).is_some_and(|word| !word.is_taken)
    }

    /// Whether something was done to whom the words before are: `who was added`, `which users were deleted`.
    fn suffers(&self, at: usize) -> bool {
        let is_role =
            self.words.longest(self.language.roles, at).is_some_and(|(_, role)| role == Role::Suffers);
        let been = (at..at + 2).any(|place| {
            self.words.longest(self.language.roles, place).is_some_and(|(_, role)| role == Role::Suffers)
        });
        let is_active = |place: usize| {
            self.language.active_endings.iter().any(|end| self.words.key(place).ends_with(end))
        };
        let deed =
            |place: usize| self.words.longest(self.language.verbs, place).is_some() && !is_active(place);
        (is_role || been) && (at..at + 4).any(deed)
    }

    /// `top 5`.
    fn number_behind_which(&self) -> Option<usize> {
        let asks = self.words.all(self.language.asks);
        asks.into_iter().filter(|(_, ask)| *ask == Ask::Which).find_map(|(at, _)| self.count_at(at.end))
    }

    /// How many are wanted: `top 5`, `last 10`, `first three`.
    fn number(&self) -> Option<usize> {
        let behind_intent = || {
            let said = self.words.all(self.language.intents);
            let few = said.into_iter().filter(|(_, intent)| !matches!(intent, Intent::Count | Intent::Who));
            few.into_iter().find_map(|(at, _)| self.count_at(at.end).or_else(|| self.count_at(at.end + 1)))
        };
        self.number_behind_which().or_else(behind_intent)
    }

    fn count_at(&self, at: usize) -> Option<usize> {
        let word = self.words.list.get(at).filter(|word| !word.is_taken)?;
        let digits = word.key.parse().ok();
        let article = matches!(word.key.len(), 1 | 2);
        let named = || self.words.longest(self.language.time.numbers, at).map(|(_, count)| count as usize);
        let count = digits.or_else(|| named().filter(|_| !article))?;
        (1..=aoc_core::Query::MOST).contains(&count).then_some(count)
    }
}
