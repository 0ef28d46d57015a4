//! What a scene is played before: a few pages that are easily confused.

use std::collections::BTreeSet;

use super::{
    asked::Placed,
    dice::Dice,
    fact::{Fact, Known, Slots, lower_first},
    free::Topic,
    names::Pool,
    pages::{Page, Shelf, choose_facts, subject_page, topic_page},
    subjects::Subject,
};

/// The pages of a scene, in the order of their numbers.
#[derive(Debug, Default)]
pub(super) struct Stage {
    /// The pages.
    pub pages: Vec<Page>,
}

impl Stage {
    /// Gives one of the parts to `name`.
    pub fn cast(&mut self, dice: &mut Dice, name: &str) {
        let facts = self.pages.iter_mut().flat_map(|page| &mut page.facts);
        let mut parts: Vec<&mut Known> = facts.filter(|known| known.slots.contains_key("person")).collect();
        dice.shuffle(&mut parts);
        if let Some(known) = parts.into_iter().next() {
            known.slots.insert("person".to_owned(), name.to_owned());
        }
    }

    /// Every fact with the place of its page.
    pub fn placed(&self) -> Vec<Placed> {
        let pages = self.pages.iter().enumerate();
        pages
            .flat_map(|(place, page)| {
                page.facts.iter().map(move |known| Placed {
                    known: known.clone(),
                    page: place,
                    site: page.site.clone(),
                })
            })
            .collect()
    }
}

impl Placed {
    /// Whether both are one fact of one subject.
    pub fn same(&self, other: &Self) -> bool {
        std::ptr::eq(self.known.fact, other.known.fact) && self.known.slots == other.known.slots
    }
}

/// Whether both are about one subject of a class.
pub(super) fn same_subject(one: &Known, other: &Known) -> bool {
    one.slots.contains_key("s") && one.slots.get("s") == other.slots.get("s")
}

const BOARDS: &[&str] = &[
    "Odds and ends",
    "Notice board",
    "This and that",
    "Memo",
    "Wall chart",
    "Weekly mail",
    "Chat summary",
    "Good to know",
    "House news",
    "Things people ask",
    "Minutes > Any other business",
    "Yellow note",
    "Handover notes",
    "From the kitchen door",
];

/// Rolls pages that are easily confused, in random order.
pub(super) fn set(dice: &mut Dice, pool: Pool, shelf: &Shelf, used: &mut BTreeSet<String>) -> Stage {
    // A search brings up to eight pieces; most scenes are kept short because every token is paid for.
    let most = if dice.chance(0.2) { dice.count(5, 7) } else { dice.count(2, 5) };
    let mut pages = if dice.chance(0.52) {
        around_subject(dice, pool, shelf, used)
    } else {
        around_topic(dice, pool, shelf, used)
    };
    while pages.len() < most {
        let page = match dice.weighted(&[4, 3, 3]) {
            0 => board(dice, pool, shelf, &pages, used),
            1 => any_topic(dice, pool, shelf, &pages, used),
            _ => any_subject(dice, pool, shelf, &pages, used),
        };
        pages.extend(page);
    }
    dice.shuffle(&mut pages);
    Stage { pages }
}

fn around_subject(dice: &mut Dice, pool: Pool, shelf: &Shelf, used: &mut BTreeSet<String>) -> Vec<Page> {
    let class = dice.pick(shelf.classes);
    let subject = Subject::roll(dice, pool, class, used);
    let count = dice.count(2, 6);
    let kinds = choose_facts(dice, shelf, class.letter, count);
    let mut pages = Vec::new();
    let split = if kinds.len() > 3 && dice.chance(0.5) { 2 } else { kinds.len() };
    for part in kinds.chunks(split.max(1)) {
        pages.push(subject_page(dice, pool, &subject, part, used));
    }
    distinct_titles(&mut pages);
    if dice.chance(0.7)
        && let Some(twin) = subject.sibling(dice, pool, used)
    {
        let mut shared: Vec<&'static Fact> = kinds.clone();
        dice.shuffle(&mut shared);
        shared.truncate(dice.count(1, 3));
        pages.push(subject_page(dice, pool, &twin, &shared, used));
    }
    if dice.chance(0.4) {
        pages.extend(any_subject(dice, pool, shelf, &pages, used));
    }
    pages
}

/// Gives each of several pages on one subject a heading of its own.
fn distinct_titles(pages: &mut [Page]) {
    if pages.len() < 2 {
        return;
    }
    for page in pages {
        let Some(subject) = &page.subject else { continue };
        let heading = match page.facts.as_slice() {
            [] => continue,
            [only] => only.fact.key.to_owned(),
            [first, second, ..] => format!("{} and {}", first.fact.key, lower_first(second.fact.key)),
        };
        page.title = format!("{} > {heading}", subject.title());
    }
}

fn around_topic(dice: &mut Dice, pool: Pool, shelf: &Shelf, used: &mut BTreeSet<String>) -> Vec<Page> {
    let topic = pick_topic(dice, shelf);
    let mut facts: Vec<&'static Fact> = topic.facts.iter().collect();
    dice.shuffle(&mut facts);
    facts.truncate(dice.count(2, 6));
    if dice.chance(0.2) {
        // The same rules at two sites.
        let sites =
            [super::values::fresh(dice, pool, "city", used), super::values::fresh(dice, pool, "city", used)];
        facts.truncate(3);
        return sites.iter().map(|site| topic_page(dice, pool, topic, &facts, Some(site), used)).collect();
    }
    if facts.len() > 3 && dice.chance(0.5) {
        let rest = facts.split_off(2);
        let mut one = topic_page(dice, pool, topic, &facts, None, used);
        let mut two = topic_page(dice, pool, topic, &rest, None, used);
        let headings = dice.pick(&[
            ("Basics", "Details"),
            ("Rules", "Questions"),
            ("Part 1", "Part 2"),
            ("Short", "More"),
            ("In general", "Who and when"),
        ]);
        one.title = format!("{} > {}", topic.title, headings.0);
        two.title = format!("{} > {}", topic.title, headings.1);
        return vec![one, two];
    }
    vec![topic_page(dice, pool, topic, &facts, None, used)]
}

/// A topic, each of all tables as likely.
pub(super) fn pick_topic(dice: &mut Dice, shelf: &Shelf) -> &'static Topic {
    let all: Vec<&'static Topic> = shelf.topics.iter().flat_map(|table| table.iter()).collect();
    dice.pick::<&'static Topic>(&all)
}

fn any_topic(
    dice: &mut Dice,
    pool: Pool,
    shelf: &Shelf,
    pages: &[Page],
    used: &mut BTreeSet<String>,
) -> Option<Page> {
    let topic = pick_topic(dice, shelf);
    let taken = pages
        .iter()
        .flat_map(|page| &page.facts)
        .any(|known| topic.facts.iter().any(|fact| std::ptr::eq(fact, known.fact)));
    if taken {
        return None;
    }
    let mut facts: Vec<&'static Fact> = topic.facts.iter().collect();
    dice.shuffle(&mut facts);
    facts.truncate(dice.count(1, 3));
    Some(topic_page(dice, pool, topic, &facts, None, used))
}

fn any_subject(
    dice: &mut Dice,
    pool: Pool,
    shelf: &Shelf,
    pages: &[Page],
    used: &mut BTreeSet<String>,
) -> Option<Page> {
    // Often of a class that is there already: the same attribute of another subject misleads best.
    let known: Vec<&Subject> = pages.iter().filter_map(|page| page.subject.as_ref()).collect();
    let class = if !known.is_empty() && dice.chance(0.6) {
        dice.pick(&known).class
    } else {
        dice.pick(shelf.classes)
    };
    let subject = Subject::roll(dice, pool, class, used);
    // One head twice is only clear between siblings.
    if known.iter().any(|other| std::ptr::eq(other.class, class) && other.head == subject.head) {
        return None;
    }
    let count = dice.count(1, 3);
    let mut kinds = choose_facts(dice, shelf, class.letter, count);
    let there: Vec<&'static Fact> =
        pages.iter().flat_map(|page| &page.facts).map(|known| known.fact).collect();
    if let Some(shared) = there.iter().find(|fact| fact.fits.contains(class.letter))
        && !kinds.iter().any(|kind| kind.group == shared.group)
    {
        kinds.push(shared);
    }
    Some(subject_page(dice, pool, &subject, &kinds, used))
}

fn board(
    dice: &mut Dice,
    pool: Pool,
    shelf: &Shelf,
    pages: &[Page],
    used: &mut BTreeSet<String>,
) -> Option<Page> {
    let title = dice.pick(BOARDS);
    if pages.iter().any(|page| page.title == *title) {
        return None;
    }
    let mut all: Vec<&'static Fact> = shelf.odds.iter().flat_map(|table| table.iter()).collect();
    dice.shuffle(&mut all);
    all.retain(|fact| {
        !pages.iter().flat_map(|page| &page.facts).any(|known| std::ptr::eq(*fact, known.fact))
    });
    let facts = all
        .into_iter()
        .take(dice.count(1, 4))
        .map(|fact| Known::roll(dice, pool, fact, &Slots::new(), used))
        .collect();
    Some(Page { title: (*title).to_owned(), subject: None, site: None, facts })
}

/// A fact that no page has, close to what the pages have where that is possible.
pub(super) fn absent(
    dice: &mut Dice,
    pool: Pool,
    shelf: &Shelf,
    pages: &[Page],
    used: &mut BTreeSet<String>,
) -> Placed {
    let subjects: Vec<&Subject> = pages.iter().filter_map(|page| page.subject.as_ref()).collect();
    if !subjects.is_empty() && dice.chance(0.65) {
        let subject = *dice.pick(&subjects);
        let groups: BTreeSet<&str> = pages
            .iter()
            .filter(|page| page.subject.as_ref().is_some_and(|other| other.named == subject.named))
            .flat_map(|page| page.facts.iter().map(|known| known.fact.group))
            .collect();
        let mut kinds = (shelf.attributes)(subject.class.letter);
        kinds.retain(|fact| !groups.contains(fact.group));
        // What another subject has is the best trap.
        let elsewhere: Vec<&'static Fact> = kinds
            .iter()
            .copied()
            .filter(|kind| {
                pages.iter().flat_map(|page| &page.facts).any(|known| std::ptr::eq(*kind, known.fact))
            })
            .collect();
        let kinds = if !elsewhere.is_empty() && dice.chance(0.5) { elsewhere } else { kinds };
        if !kinds.is_empty() {
            let fact = *dice.pick(&kinds);
            return missing(dice, pool, fact, &subject.slots(), used);
        }
    }
    let there: Vec<&'static Fact> =
        pages.iter().flat_map(|page| &page.facts).map(|known| known.fact).collect();
    let has = |fact: &Fact| there.iter().any(|known| std::ptr::eq(*known, fact));
    let touched: Vec<&'static Fact> = shelf
        .topics
        .iter()
        .flat_map(|table| table.iter())
        .filter(|topic| topic.facts.iter().any(has))
        .flat_map(|topic| topic.facts.iter())
        .filter(|fact| !has(fact))
        .collect();
    if !touched.is_empty() && dice.chance(0.6) {
        let fact = *dice.pick(&touched);
        return missing(dice, pool, fact, &Slots::new(), used);
    }
    if dice.chance(0.5) {
        loop {
            let topic = pick_topic(dice, shelf);
            let fact = dice.pick(topic.facts);
            if !has(fact) {
                return missing(dice, pool, fact, &Slots::new(), used);
            }
        }
    }
    loop {
        let class = dice.pick(shelf.classes);
        let subject = Subject::roll(dice, pool, class, used);
        if subjects.iter().all(|other| other.head != subject.head) {
            let kinds = (shelf.attributes)(class.letter);
            let fact = *dice.pick(&kinds);
            return missing(dice, pool, fact, &subject.slots(), used);
        }
    }
}

fn missing(
    dice: &mut Dice,
    pool: Pool,
    fact: &'static Fact,
    slots: &Slots,
    used: &mut BTreeSet<String>,
) -> Placed {
    Placed { known: Known::roll(dice, pool, fact, slots, used), page: 0, site: None }
}
