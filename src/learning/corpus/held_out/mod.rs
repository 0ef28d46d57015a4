//! Kinds of facts that no lesson ever shows: only the judgement of what was learned may use them.

mod attributes;
mod more;
mod odds;
mod topics;

use super::{fact::Fact, pages::Shelf, subjects::Class};

/// What the lessons never show.
pub(super) static SHELF: Shelf = Shelf {
    classes: CLASSES,
    attributes: of_class,
    topics: &[topics::TOPICS, topics::MORE],
    odds: &[odds::FACTS],
};

/// All held-out attributes.
#[cfg(test)]
pub(super) static TABLES: &[&[Fact]] = &[attributes::FACTS, more::FACTS];

fn of_class(letter: char) -> Vec<&'static Fact> {
    attributes::FACTS.iter().chain(more::FACTS).filter(|fact| fact.fits.contains(letter)).collect()
}

pub(super) static CLASSES: &[Class] = &[
    Class {
        letter: 'a',
        heads: &["ferry", "barge", "lifeboat", "tugboat", "rowing boat", "fishing cutter"],
        forms: &[
            ("the {product} {h}", "{product} {h}"),
            ("the {h} in {city}", "{h} {city}"),
            ("the {colour} {h}", "{colour} {h}"),
        ],
    },
    Class {
        letter: 'b',
        heads: &["orchard", "herb bed", "beehive", "vineyard", "mushroom cellar", "tomato house"],
        forms: &[
            ("the {h} in {city}", "{h} {city}"),
            ("the {city} {h}", "{city} {h}"),
            ("the {product} {h}", "{product} {h}"),
        ],
    },
    Class {
        letter: 'c',
        heads: &[
            "entrance exam",
            "spelling contest",
            "swimming test",
            "baking contest",
            "journeyman exam",
            "quiz",
        ],
        forms: &[
            ("the {year} {h}", "{h} {year}"),
            ("the {h} in {city}", "{h} {city}"),
            ("the {dept} {h}", "{dept} {h}"),
        ],
    },
    Class {
        letter: 'd',
        heads: &["glaze", "sourdough", "primer", "sealant", "dye bath", "broth"],
        forms: &[("the {product} {h}", "{product} {h}"), ("the {h} {code}", "{h} {code}")],
    },
    Class {
        letter: 'e',
        heads: &["exhibition", "documentary", "audio walk", "mural", "puppet play", "opera night"],
        forms: &[
            ("the {product} {h}", "{product} {h}"),
            ("the {h} in {city}", "{h} {city}"),
            ("the {year} {h}", "{h} {year}"),
        ],
    },
    Class {
        letter: 'f',
        heads: &["emergency fund", "savings plan", "staff loan", "seed fund", "scholarship", "hardship fund"],
        forms: &[
            ("the {company} {h}", "{company} {h}"),
            ("the {h} in {city}", "{h} {city}"),
            ("the {h}", "{h}"),
        ],
    },
    Class {
        letter: 'g',
        heads: &["mountain hut", "sauna", "observatory", "ice rink", "camp site", "boat house"],
        forms: &[
            ("the {h} in {city}", "{h} {city}"),
            ("the {product} {h}", "{product} {h}"),
            ("the {city} {h}", "{city} {h}"),
        ],
    },
];
