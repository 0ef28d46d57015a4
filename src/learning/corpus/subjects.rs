//! What facts are about: events, contracts, machines and so on, each told apart by a year, a place or a name.

use super::{
    dice::Dice,
    fact::{Slots, fill, slot_names, upper_first},
    names::Pool,
    values,
};
use std::collections::BTreeSet;

/// Subjects that have the same kinds of facts.
#[derive(Debug)]
pub(super) struct Class {
    /// Stands for the class in [`super::fact::Fact::fits`].
    pub letter: char,
    /// What they are called.
    pub heads: &'static [&'static str],
    /// How one is told from another: in a sentence, and as a title. `{h}` is the head.
    pub forms: &'static [(&'static str, &'static str)],
}

/// One subject.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    /// Its class.
    pub class: &'static Class,
    /// Which head of the class.
    pub head: &'static str,
    /// Which form of the class.
    pub form: (&'static str, &'static str),
    /// In a sentence, with its article.
    pub named: String,
    /// In a query.
    pub bare: String,
}

impl Subject {
    /// Rolls a subject of `class`.
    pub fn roll(dice: &mut Dice, pool: Pool, class: &'static Class, used: &mut BTreeSet<String>) -> Self {
        let head = dice.pick(class.heads);
        let form = *dice.pick(class.forms);
        Self::make(dice, pool, class, head, form, used)
    }

    /// Another of the same head and form; `None` when nothing would tell the two apart.
    pub fn sibling(&self, dice: &mut Dice, pool: Pool, used: &mut BTreeSet<String>) -> Option<Self> {
        (slot_names(self.form.0).len() > 1)
            .then(|| Self::make(dice, pool, self.class, self.head, self.form, used))
    }

    fn make(
        dice: &mut Dice,
        pool: Pool,
        class: &'static Class,
        head: &'static str,
        form: (&'static str, &'static str),
        used: &mut BTreeSet<String>,
    ) -> Self {
        let mut slots = Slots::from([("h".to_owned(), head.to_owned())]);
        for name in slot_names(form.0) {
            if name != "h" {
                let value = values::fresh(dice, pool, &name, used);
                slots.insert(name, value);
            }
        }
        let (named, bare) = (fill(form.0, &slots), fill(form.1, &slots).replace(" the ", " "));
        Self { class, head, form, named, bare }
    }

    /// The subject as the slots of a fact.
    pub fn slots(&self) -> Slots {
        Slots::from([
            ("s".to_owned(), self.named.clone()),
            ("S".to_owned(), upper_first(&self.named)),
            ("n".to_owned(), self.bare.clone()),
        ])
    }

    /// The title of its notes.
    pub fn title(&self) -> String {
        upper_first(&self.bare)
    }
}

/// All classes of the lessons.
pub(super) static CLASSES: &[Class] = &[
    Class {
        letter: 'E',
        heads: &[
            "winter dinner",
            "summer party",
            "open day",
            "trade fair",
            "supplier day",
            "board meeting",
            "kick-off",
            "charity run",
            "press evening",
            "anniversary",
            "family day",
            "town hall",
            "customer breakfast",
            "hack week",
            "lamp fair",
            "harvest lunch",
        ],
        forms: &[
            ("the {year} {h}", "{h} {year}"),
            ("the {h} in {city}", "{h} {city}"),
            ("the {city} {h}", "{city} {h}"),
            ("the {dept} {h}", "{dept} {h}"),
            ("the {month} {h}", "{h} {month}"),
            ("the {h}", "{h}"),
        ],
    },
    Class {
        letter: 'T',
        heads: &[
            "ladder course",
            "forklift course",
            "sales drill",
            "Excel workshop",
            "onboarding week",
            "language class",
            "welding course",
            "data protection training",
            "presentation workshop",
            "leadership seminar",
            "hygiene training",
            "safety briefing",
        ],
        forms: &[
            ("the {h} in {city}", "{h} {city}"),
            ("the {month} {h}", "{h} {month}"),
            ("the {h}", "{h}"),
            ("the {h} for {group}", "{h} {group}"),
        ],
    },
    Class {
        letter: 'K',
        heads: &[
            "cleaning contract",
            "lease",
            "coffee contract",
            "maintenance contract",
            "insurance policy",
            "phone contract",
            "licence agreement",
            "transport contract",
            "waste contract",
            "security contract",
            "catering contract",
            "print contract",
        ],
        forms: &[
            ("the {h} with {company}", "{company} {h}"),
            ("the {company} {h}", "{company} {h}"),
            ("the {h} for {city}", "{h} {city}"),
            ("the {h}", "{h}"),
        ],
    },
    Class {
        letter: 'I',
        heads: &[
            "server",
            "ticket system",
            "web shop",
            "mail archive",
            "booking tool",
            "guest portal",
            "file share",
            "time clock",
            "CRM",
            "scanner app",
            "intranet",
            "label printer",
            "door system",
            "price database",
        ],
        forms: &[
            ("the {product} {h}", "{product} {h}"),
            ("the {h} in {city}", "{h} {city}"),
            ("the {dept} {h}", "{dept} {h}"),
            ("the {h}", "{h}"),
        ],
    },
    Class {
        letter: 'P',
        heads: &[
            "lamp",
            "desk",
            "kettle",
            "backpack",
            "office chair",
            "bike light",
            "water filter",
            "shelf",
            "speaker",
            "tent",
            "coffee grinder",
            "toolbox",
            "rain coat",
            "projector",
        ],
        forms: &[
            ("the {product} {h}", "{product} {h}"),
            ("the {product}", "{product}"),
            ("the {h} {code}", "{h} {code}"),
        ],
    },
    Class {
        letter: 'R',
        heads: &[
            "warehouse",
            "canteen",
            "car park",
            "workshop",
            "showroom",
            "gym",
            "library",
            "reception",
            "cold store",
            "bike cellar",
            "paint shop",
            "test lab",
            "archive",
            "guest flat",
        ],
        forms: &[("the {h} in {city}", "{h} {city}"), ("the {city} {h}", "{city} {h}"), ("the {h}", "{h}")],
    },
    Class {
        letter: 'M',
        heads: &[
            "laser cutter",
            "forklift",
            "packing line",
            "boiler",
            "3D printer",
            "coffee machine",
            "dishwasher",
            "press",
            "goods lift",
            "air compressor",
            "label machine",
            "mixer",
            "paper shredder",
            "generator",
        ],
        forms: &[
            ("the {h} in {city}", "{h} {city}"),
            ("the {product} {h}", "{product} {h}"),
            ("the {h} on {floor}", "{h} {floor}"),
            ("the {h}", "{h}"),
        ],
    },
    Class {
        letter: 'J',
        heads: &[
            "migration",
            "refit",
            "rebrand",
            "catalogue",
            "archive tidy-up",
            "audit",
            "product launch",
            "office move",
            "recycling pilot",
            "price review",
            "website project",
            "survey",
        ],
        forms: &[
            ("project {product}", "project {product}"),
            ("the {product} {h}", "{product} {h}"),
            ("the {year} {h}", "{h} {year}"),
            ("the {h} in {city}", "{h} {city}"),
            ("the {h}", "{h}"),
        ],
    },
    Class {
        letter: 'C',
        heads: &["account", "framework deal", "partnership", "dealership", "service plan", "support plan"],
        forms: &[
            ("the {company} {h}", "{company} {h}"),
            ("the {h} of {company}", "{company} {h}"),
            ("the {h} in {city}", "{h} {city}"),
        ],
    },
    Class {
        letter: 'Q',
        heads: &[
            "training request",
            "laptop order",
            "overtime request",
            "advance payment",
            "photo permit",
            "badge request",
            "parking permit",
            "name plate",
            "refund",
            "price change",
            "translation",
            "donation",
            "software licence",
            "repair request",
            "desk move",
        ],
        forms: &[("a {h}", "{h}"), ("a {h} in {city}", "{h} {city}"), ("a {h} for {group}", "{h} {group}")],
    },
    Class {
        letter: 'B',
        heads: &[
            "gym allowance",
            "bike lease",
            "lunch voucher",
            "phone allowance",
            "parental leave",
            "shoe allowance",
            "language bonus",
            "invention bonus",
            "pension plan",
            "train card",
            "moving grant",
            "study leave",
            "child care grant",
        ],
        forms: &[
            ("the {h}", "{h}"),
            ("the {h} in {city}", "{h} {city}"),
            ("the {h} for {group}", "{h} {group}"),
        ],
    },
    Class {
        letter: 'V',
        heads: &[
            "delivery van",
            "pool car",
            "truck",
            "cargo bike",
            "minibus",
            "trailer",
            "electric scooter",
            "sweeper",
        ],
        forms: &[
            ("the {h} in {city}", "{h} {city}"),
            ("the {h} {plate}", "{h} {plate}"),
            ("the {colour} {h}", "{colour} {h}"),
            ("the {h}", "{h}"),
        ],
    },
    Class {
        letter: 'D',
        heads: &[
            "monthly report",
            "newsletter",
            "stock list",
            "shift plan",
            "price list",
            "risk register",
            "press review",
            "quality report",
            "sales forecast",
            "visitor log",
            "style guide",
            "safety sheet",
        ],
        forms: &[
            ("the {dept} {h}", "{dept} {h}"),
            ("the {h} for {city}", "{h} {city}"),
            ("the {h}", "{h}"),
            ("the {company} {h}", "{company} {h}"),
        ],
    },
    Class {
        letter: 'L',
        heads: &[
            "running club",
            "choir",
            "chess club",
            "works council",
            "book circle",
            "climbing group",
            "garden team",
            "theatre group",
            "football team",
            "photo club",
            "board game night",
            "sewing circle",
        ],
        forms: &[("the {h}", "{h}"), ("the {city} {h}", "{city} {h}"), ("the {dept} {h}", "{dept} {h}")],
    },
    Class {
        letter: 'S',
        heads: &[
            "on-call shift",
            "late shift",
            "weekend duty",
            "phone duty",
            "gate duty",
            "standby week",
            "night watch",
            "kitchen duty",
        ],
        forms: &[
            ("the {product} {h}", "{product} {h}"),
            ("the {h} in {city}", "{h} {city}"),
            ("the {dept} {h}", "{dept} {h}"),
            ("the {h}", "{h}"),
        ],
    },
    Class {
        letter: 'O',
        heads: &["order", "shipment", "delivery", "sample batch", "spare parts order", "pallet"],
        forms: &[
            ("the {h} for {company}", "{company} {h}"),
            ("{h} {code}", "{h} {code}"),
            ("the {h} to {city}", "{h} {city}"),
            ("the {product} {h}", "{product} {h}"),
        ],
    },
];
