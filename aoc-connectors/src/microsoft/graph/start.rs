//! Where a log of Graph is taken up.

use aoc_core::{ledger::Stage, prelude::*};
use chrono::TimeDelta;

use super::{
    place::Place,
    source::{Brought, GraphSource},
};
use crate::microsoft::Rules;

/// How far back it begins where the cursor is another's, as for the first time.
const FIRST_LOOK_BACK: TimeDelta = TimeDelta::days(7);
/// A look back as long as a tenant without a licence keeps logs, give or take this, is not to be refused.
const ABOUT: TimeDelta = TimeDelta::hours(2);

impl GraphSource {
    /// The place at a bookmark. A cursor of another tenant, address or log is none.
    pub(super) fn place(&self, from: &Bookmark, now: Timestamp, brought: &mut Brought) -> Result<Place> {
        let mine = self.of();
        let cursor = match from {
            Bookmark::Since(since) => return self.first_place(*since, now, brought),
            Bookmark::At(cursor) => cursor,
        };
        let mut place: Place = cursor.read()?;
        match &place.of {
            Some(other) if *other != mine => {
                brought.warnings.push(format!(
                    "the bookmark is one of `{other}`, and this is `{mine}`; it begins anew with the last seven days"
                ));
                let ahead = TimeDelta::seconds(self.api.clock().ahead());
                self.first_place((now.instant() - ahead - FIRST_LOOK_BACK).into(), now, brought)
            }
            Some(_) => Ok(place),
            None => {
                place.of = Some(mine);
                Ok(place)
            }
        }
    }

    fn first_place(&self, since: Timestamp, now: Timestamp, brought: &mut Brought) -> Result<Place> {
        let clock = self.api.clock();
        if clock.is_doubted() && !clock.is_known() {
            let doubt = "Microsoft's clock is far from this machine's, and no second answer has confirmed it";
            return Err(Error::unavailable(doubt));
        }
        let (rules, ahead) = (self.rules(), TimeDelta::seconds(clock.ahead()));
        let is_about = |kept: TimeDelta| {
            let late = since.instant() + ahead - (now.instant() - kept);
            late.abs() <= ABOUT
        };
        let kept = self.endpoint.unlicensed.filter(|kept| is_about(*kept)).unwrap_or(rules.reach);
        let begin = Rules { reach: kept, ..rules }.earliest(since, now, ahead);
        if rules.is_too_early(since, now, ahead) {
            let days = rules.reach.num_days();
            brought.warnings.push(format!(
                "what is older than {days} days is not kept by Microsoft; it begins with {begin} instead of {since}"
            ));
        }
        Ok(Place::since(begin, self.of()))
    }

    /// What a cursor is bound to.
    fn of(&self) -> String {
        let (base, tenant) = (self.api.base().to_string(), self.tenant.trim().to_lowercase());
        let (base, path) = (base.trim_end_matches('/'), self.endpoint.path);
        let condition = self.endpoint.condition.map(|condition| format!(" where {condition}"));
        format!("{base}/{path}{} of {tenant}", condition.unwrap_or_default())
    }
}

impl Brought {
    /// Nobody promised what a first look back asks for in vain: it is no loss.
    pub(super) fn promise_nothing(&mut self) {
        self.coverage
            .retain(|window| !matches!(&window.stage, Stage::Lost(why) if why.starts_with("older than")));
        for warning in &mut self.warnings {
            *warning = warning.replace(" is lost: older than", " is not to be had: older than");
        }
    }
}
