//! Two windows that begin at one time.

use super::{Coverage, Stage};
use crate::Timestamp;

fn window(from: i64, until: i64, stage: Stage) -> Coverage {
    let hour = |hour: i64| Timestamp::from_ticks(17_000_000_000_000_000 + hour * 36_000_000_000);
    let (from, until) = (hour(from), hour(until));
    Coverage { content: String::new(), tenant: String::new(), from, until, stage, items: Vec::new() }
}

#[test]
fn no_stretch_is_forgotten_because_another_begins_with_it() {
    use Stage::{Listed, Lost, Sealed, Stored};
    let lost = || Lost("gone".into());
    for (new, earlier, known, rest) in [
        ((0, 1, Sealed), (0, 24, Stored), (0, 1, Sealed), Some((1, 24, Stored))),
        ((0, 24, Stored), (0, 1, Sealed), (0, 1, Sealed), Some((1, 24, Stored))),
        ((0, 2, Stored), (0, 9, lost()), (0, 2, Stored), Some((2, 9, lost()))),
        ((0, 9, lost()), (0, 2, Stored), (0, 2, Stored), Some((2, 9, lost()))),
        ((0, 1, Stored), (0, 9, Listed), (0, 1, Stored), None),
        ((0, 9, Listed), (0, 1, Stored), (0, 1, Stored), None),
        ((0, 5, Stored), (0, 4, Stored), (0, 5, Stored), None),
        ((0, 4, Stored), (0, 4, Listed), (0, 4, Stored), None),
    ] {
        let made = |(from, until, stage): (i64, i64, Stage)| window(from, until, stage);
        assert_eq!(made(new).after(made(earlier)), (made(known), rest.map(made)));
    }
}
